"use client";

import { Slot } from "radix-ui";
import type { KeyboardEvent, ReactNode } from "react";

type Props = {
  popup: "menu" | "dialog";
  trigger: ReactNode;
  load: () => Promise<unknown>;
  onOpen: () => void;
};

/**
 * The trigger of something whose code comes when it is about to be opened: a pointer over it or the
 * focus on it begins to load, a click or the arrow key opens.
 */
export function FirstOpen({ popup, trigger, load, onOpen }: Props) {
  const begin = () => void load().catch(() => undefined);
  const open = () => void load().then(onOpen, () => undefined);
  const keys =
    popup === "menu"
      ? {
          onKeyDown: (event: KeyboardEvent) => {
            if (event.key !== "ArrowDown") return;
            event.preventDefault();
            open();
          },
        }
      : {};
  return (
    <Slot.Root
      aria-haspopup={popup}
      aria-expanded={false}
      onPointerEnter={begin}
      onFocus={begin}
      onClick={open}
      {...keys}
    >
      {trigger}
    </Slot.Root>
  );
}
