"use client";

import { X } from "lucide-react";

import { cn } from "@/lib/class-names";
import { useWords } from "@/lib/i18n/words";
import { useToasts } from "@/lib/toasts";

import { Button } from "./ui/button";

export function Toaster() {
  const words = useWords("common");
  const toasts = useToasts((state) => state.toasts);
  const close = useToasts((state) => state.close);
  return (
    <div
      role="region"
      aria-label={words("messages")}
      aria-live="polite"
      className="pointer-events-none fixed right-3 bottom-3 z-60 flex w-80 max-w-[calc(100vw-24px)] flex-col gap-2"
    >
      {toasts.map((toast) => (
        <div
          key={toast.id}
          className={cn(
            "pointer-events-auto flex items-start gap-2 rounded-md border bg-raised py-2 pr-1 pl-3 text-sm shadow-lg",
            toast.tone === "danger" && "border-danger",
          )}
        >
          <p className="min-w-0 flex-1 py-1 break-words">{toast.text}</p>
          <Button
            variant="ghost"
            size="icon-sm"
            aria-label={words("close")}
            onClick={() => {
              close(toast.id);
            }}
          >
            <X />
          </Button>
        </div>
      ))}
    </div>
  );
}
