import type { ComponentProps } from "react";

import { cn } from "@/lib/class-names";

const field =
  "w-full min-w-0 rounded-md border border-strong-border/60 bg-surface px-2.5 text-sm text-foreground placeholder:text-muted disabled:opacity-60 aria-invalid:border-danger";

export function Input({ className, ...props }: ComponentProps<"input">) {
  return <input className={cn(field, "h-8", className)} {...props} />;
}

export function Textarea({ className, ...props }: ComponentProps<"textarea">) {
  return (
    <textarea className={cn(field, "min-h-16 resize-y py-1.5 leading-5", className)} {...props} />
  );
}

/** A native select: it works with every keyboard and on every phone. */
export function NativeSelect({ className, ...props }: ComponentProps<"select">) {
  return <select className={cn(field, "h-8 pr-1", className)} {...props} />;
}
