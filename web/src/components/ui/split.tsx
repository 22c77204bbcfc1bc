"use client";

import { type KeyboardEvent, type PointerEvent, type ReactNode, useRef, useState } from "react";

const LEAST = 25;
const STEP = 2;

type Props = { label: string; start: number; left: ReactNode; right: ReactNode };

/** Two columns and the line between them, which a pointer or the arrow keys move. */
export function Split({ label, start, left, right }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const [share, setShare] = useState(start);
  const move = (to: number) => {
    setShare(Math.min(Math.max(to, LEAST), 100 - LEAST));
  };

  function follow(event: PointerEvent) {
    if (place.current === null || !event.currentTarget.hasPointerCapture(event.pointerId)) return;
    const { left: edge, width } = place.current.getBoundingClientRect();
    move(((event.clientX - edge) / width) * 100);
  }

  function listen(event: KeyboardEvent) {
    const to = {
      ArrowLeft: share - STEP,
      ArrowRight: share + STEP,
      Home: LEAST,
      End: 100 - LEAST,
    }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    move(to);
  }

  return (
    <div ref={place} className="flex min-h-0 flex-1">
      <div className="flex min-h-0 min-w-0 flex-col" style={{ width: `${share}%` }}>
        {left}
      </div>
      {/* A separator that takes the focus is a control: WAI-ARIA 1.2, window splitter. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions */}
      <div
        role="separator"
        aria-label={label}
        aria-orientation="vertical"
        aria-valuenow={Math.round(share)}
        aria-valuemin={LEAST}
        aria-valuemax={100 - LEAST}
        // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        tabIndex={0}
        className="w-1 shrink-0 cursor-col-resize touch-none bg-border transition-colors hover:bg-accent focus-visible:bg-accent active:bg-accent"
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
        }}
        onPointerMove={follow}
        onKeyDown={listen}
      />
      <div className="flex min-h-0 min-w-0 flex-1 flex-col">{right}</div>
    </div>
  );
}
