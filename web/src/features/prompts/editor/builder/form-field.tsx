"use client";

import { useLayoutEffect, useRef } from "react";

import { Button } from "@/components/ui/button";
import { Field } from "@/components/ui/field";
import { Textarea } from "@/components/ui/input";
import { cn } from "@/lib/class-names";
import { useWords } from "@/lib/i18n/words";

import { needsCode } from "../../engine/prompt-schema";

type Props = {
  label: string;
  hint?: string;
  value: string;
  rows: number;
  isReadOnly: boolean;
  className?: string;
  autoFocus?: boolean;
  onChange: (value: string) => void;
  onSwitchToCode: () => void;
};

/** One field of the form; it grows with its text, and says when the text belongs into code. */
export function FormField({
  label,
  hint,
  value,
  rows,
  isReadOnly,
  className,
  onChange,
  onSwitchToCode,
}: Props) {
  const words = useWords("editor.builder");
  const area = useRef<HTMLTextAreaElement>(null);

  useLayoutEffect(() => {
    // Where the browser lets the field grow by itself nothing is measured.
    if (area.current === null || CSS.supports("field-sizing", "content")) return;
    area.current.style.height = "auto";
    area.current.style.height = `${area.current.scrollHeight + 2}px`;
  }, [value]);

  return (
    <Field label={label} hint={hint} {...(className === undefined ? {} : { className })}>
      {(control) => (
        <>
          <Textarea
            {...control}
            ref={area}
            value={value}
            rows={rows}
            readOnly={isReadOnly}
            className={cn(
              "field-sizing-content max-h-[60vh] font-mono",
              rows > 2 ? "min-h-20" : "min-h-12",
            )}
            onChange={(event) => {
              onChange(event.target.value);
            }}
          />
          {needsCode(value) ? (
            <p className="flex flex-wrap items-center gap-2 rounded-md bg-warning-soft px-2 py-1 text-xs text-warning">
              <span className="min-w-0 flex-1">{words("needsCode")}</span>
              <Button size="sm" onClick={onSwitchToCode}>
                {words("switchToCode")}
              </Button>
            </p>
          ) : null}
        </>
      )}
    </Field>
  );
}
