"use client";

import { X } from "lucide-react";
import { Dialog as Primitive } from "radix-ui";
import type { ReactNode } from "react";

import { cn } from "@/lib/class-names";
import { useWords } from "@/lib/i18n/words";

import { Button } from "./button";

type Props = {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: ReactNode;
  description?: ReactNode;
  children: ReactNode;
  footer?: ReactNode;
  wide?: boolean;
  /** Where leaving has to be a decision: no cross, no Escape, no click beside it. */
  persistent?: boolean;
};

/** A modal dialog that keeps the focus inside and gives it back. */
export function Dialog({
  open,
  onOpenChange,
  title,
  description,
  children,
  footer,
  wide,
  persistent,
}: Props) {
  const words = useWords("common");
  const keep = persistent
    ? (event: Event) => {
        event.preventDefault();
      }
    : undefined;
  return (
    <Primitive.Root open={open} onOpenChange={onOpenChange}>
      <Primitive.Portal>
        <Primitive.Overlay className="data-[state=open]:animate-in data-[state=open]:fade-in-0 fixed inset-0 z-40 bg-black/50 duration-100" />
        <Primitive.Content
          {...(description === undefined ? { "aria-describedby": undefined } : {})}
          {...(keep ? { onEscapeKeyDown: keep, onInteractOutside: keep } : {})}
          className={cn(
            "fixed top-1/2 left-1/2 z-50 flex max-h-[calc(100dvh-32px)] w-[calc(100vw-24px)] -translate-x-1/2 -translate-y-1/2 flex-col rounded-lg border bg-raised shadow-xl",
            wide ? "max-w-5xl" : "max-w-lg",
          )}
        >
          <header className="flex items-start gap-4 border-b px-4 py-3">
            <div className="min-w-0 flex-1">
              <Primitive.Title className="text-lg font-semibold">{title}</Primitive.Title>
              {description === undefined ? null : (
                <Primitive.Description className="text-sm text-muted">
                  {description}
                </Primitive.Description>
              )}
            </div>
            {persistent ? null : (
              <Primitive.Close asChild>
                <Button variant="ghost" size="icon-sm" aria-label={words("close")}>
                  <X />
                </Button>
              </Primitive.Close>
            )}
          </header>
          <div className="min-h-0 flex-1 overflow-auto px-4 py-4">{children}</div>
          {footer === undefined ? null : (
            <footer className="flex flex-wrap items-center justify-end gap-2 border-t px-4 py-3">
              {footer}
            </footer>
          )}
        </Primitive.Content>
      </Primitive.Portal>
    </Primitive.Root>
  );
}
