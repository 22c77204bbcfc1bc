"use client";

import { GripVertical } from "lucide-react";
import { useLayoutEffect, useRef, useState } from "react";

import { Button } from "@/components/ui/button";
import { useWords } from "@/lib/i18n/words";

import { ConstraintRow, type ConstraintsProps } from "./constraint-row";

const load = () => import("./sortable-constraints");
type Loaded = Awaited<ReturnType<typeof load>>;

/** The constraints in their order. What moves them is loaded when a hand comes near a handle. */
export function ConstraintList(props: ConstraintsProps) {
  const words = useWords("editor.builder");
  const list = useRef<HTMLOListElement>(null);
  const focused = useRef<Focus | null>(null);
  const [loaded, setLoaded] = useState<Loaded | null>(null);

  useLayoutEffect(() => {
    // The rows were drawn anew: who typed in one of them goes on there.
    if (focused.current !== null) giveBack(list.current, focused.current);
    focused.current = null;
  }, [loaded]);

  function begin() {
    void load().then((parts) => {
      focused.current = focusIn(list.current);
      setLoaded(parts);
    });
  }

  return (
    <ol ref={list} className="flex flex-col gap-2">
      {loaded === null ? (
        props.constraints.map((constraint, index) => (
          <ConstraintRow
            {...props}
            key={constraint.key}
            constraint={constraint}
            number={index + 1}
            handle={
              <Button
                variant="ghost"
                size="icon-sm"
                className="mt-6 cursor-grab touch-none"
                aria-label={words("moveConstraint", { number: index + 1 })}
                onFocus={begin}
                onPointerEnter={begin}
              >
                <GripVertical />
              </Button>
            }
          />
        ))
      ) : (
        <loaded.SortableConstraints {...props} />
      )}
    </ol>
  );
}

type Focus = { index: number; selection: [number, number] | null };

function controls(list: HTMLElement | null): (HTMLButtonElement | HTMLTextAreaElement)[] {
  return [
    ...(list?.querySelectorAll<HTMLButtonElement | HTMLTextAreaElement>("button, textarea") ?? []),
  ];
}

function focusIn(list: HTMLElement | null): Focus | null {
  const index = controls(list).findIndex((control) => control === document.activeElement);
  const control = controls(list)[index];
  if (control === undefined) return null;
  const isText = control instanceof HTMLTextAreaElement;
  return { index, selection: isText ? [control.selectionStart, control.selectionEnd] : null };
}

function giveBack(list: HTMLElement | null, { index, selection }: Focus): void {
  const control = controls(list)[index];
  control?.focus();
  if (selection !== null && control instanceof HTMLTextAreaElement)
    control.setSelectionRange(...selection);
}
