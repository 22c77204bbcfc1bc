"use client";

import { type ReactNode, useId } from "react";

import { cn } from "@/lib/class-names";

type Described = { id: string; "aria-describedby"?: string; "aria-invalid"?: true };

type Props = {
  label: ReactNode;
  hint?: ReactNode;
  error?: string | null | undefined;
  className?: string;
  children: (control: Described) => ReactNode;
};

/** A label, its control, and what is wrong with it, joined for people who listen to the page. */
export function Field({ label, hint, error, className, children }: Props) {
  const id = useId();
  const note = error ?? hint;
  return (
    <div className={cn("flex min-w-0 flex-col gap-1", className)}>
      <label htmlFor={id} className="text-sm font-medium">
        {label}
      </label>
      {children({
        id,
        ...(note ? { "aria-describedby": `${id}-note` } : {}),
        ...(error ? { "aria-invalid": true as const } : {}),
      })}
      {note ? (
        <p
          id={`${id}-note`}
          role={error ? "alert" : undefined}
          className={cn("text-xs", error ? "text-danger dark:text-variable-6" : "text-muted")}
        >
          {note}
        </p>
      ) : null}
    </div>
  );
}
