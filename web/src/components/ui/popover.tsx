"use client";

import { Popover as Primitive } from "radix-ui";
import type { ReactNode } from "react";

import { cn } from "@/lib/class-names";

type Props = {
  trigger: ReactNode;
  label: string;
  children: ReactNode;
  align?: "start" | "end";
  className?: string;
};

export function Popover({ trigger, label, children, align = "end", className }: Props) {
  return (
    <Primitive.Root>
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
