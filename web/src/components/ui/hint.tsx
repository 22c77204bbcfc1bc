"use client";

import { Slot } from "radix-ui";
import { type ReactNode, useEffect, useId, useRef, useState } from "react";
import { createPortal } from "react-dom";

const SHOW_AFTER_MS = 400;
// Long enough to come from the control to the hint with the pointer.
const HIDE_AFTER_MS = 150;
const GAP = 4;
const EDGE = 8;

/** A short name beside a control on hover and on focus; the control keeps its own label. */
export function Hint({ text, children }: { text: ReactNode; children: ReactNode }) {
  const id = useId();
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const [anchor, setAnchor] = useState<DOMRect | null>(null);
  const isShown = anchor !== null;

  const after = (delay: number, next: () => void) => {
    clearTimeout(timer.current);
    timer.current = setTimeout(next, delay);
  };
  const hide = () => {
    clearTimeout(timer.current);
    setAnchor(null);
  };

  useEffect(
    () => () => {
      clearTimeout(timer.current);
    },
    [],
  );

  useEffect(() => {
    if (!isShown) return undefined;
    function listen(event: KeyboardEvent) {
      if (event.key === "Escape") setAnchor(null);
    }
    window.addEventListener("keydown", listen);
    return () => {
      window.removeEventListener("keydown", listen);
    };
  }, [isShown]);

  return (
    <>
      <Slot.Root
        {...(isShown ? { "aria-describedby": id } : {})}
        onPointerEnter={({ currentTarget }: { currentTarget: HTMLElement }) => {
          after(SHOW_AFTER_MS, () => {
            setAnchor(currentTarget.getBoundingClientRect());
          });
        }}
        onPointerLeave={() => {
          after(HIDE_AFTER_MS, hide);
        }}
        onFocus={({ currentTarget }: { currentTarget: HTMLElement }) => {
          if (currentTarget.matches(":focus-visible"))
            setAnchor(currentTarget.getBoundingClientRect());
        }}
        onBlur={hide}
        onClick={hide}
      >
        {children}
      </Slot.Root>
      {anchor === null
        ? null
        : createPortal(
            <div
              ref={(hint) => {
                if (hint !== null) place(hint, anchor);
              }}
              id={id}
              role="tooltip"
              className="fixed z-50 max-w-72 rounded-md bg-foreground px-2 py-1 text-xs text-background"
              onPointerEnter={() => {
                clearTimeout(timer.current);
              }}
              onPointerLeave={hide}
            >
              {text}
            </div>,
            document.body,
          )}
    </>
  );
}

/** Above its control, or below where there is no room, and inside of the window. */
function place(hint: HTMLElement, anchor: DOMRect): void {
  const { width, height } = hint.getBoundingClientRect();
  const above = anchor.top - GAP - height;
  const left = anchor.left + (anchor.width - width) / 2;
  hint.style.top = `${above >= EDGE ? above : anchor.bottom + GAP}px`;
  hint.style.left = `${Math.max(EDGE, Math.min(left, window.innerWidth - EDGE - width))}px`;
}
