"use client";

import { Popover as Primitive } from "radix-ui";

import { cn } from "@/lib/class-names";

import type { PopoverProps } from "./popover";

/** A popover that is open when it is first drawn: its code comes with the first click on its trigger. */
export function LoadedPopover({
  trigger,
  label,
  children,
  align = "end",
  className,
}: PopoverProps) {
  return (
    <Primitive.Root defaultOpen>
      <Primitive.Trigger asChild>{trigger}</Primitive.Trigger>
      <Primitive.Portal>
        <Primitive.Content
          aria-label={label}
          align={align}
          sideOffset={4}
          collisionPadding={8}
          className={cn(
            "z-50 max-h-(--radix-popover-content-available-height) w-80 max-w-[calc(100vw-16px)] overflow-auto rounded-md border bg-raised p-3 shadow-lg",
            className,
          )}
        >
          {children}
        </Primitive.Content>
      </Primitive.Portal>
    </Primitive.Root>
  );
}
