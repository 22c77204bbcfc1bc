"use client";

import { X } from "lucide-react";
import type { CSSProperties, ReactNode, Ref } from "react";

import { Button } from "@/components/ui/button";
import { useWords } from "@/lib/i18n/words";

import type { Constraint } from "../content";
import { FormField } from "./form-field";

export type ConstraintsProps = {
  constraints: Constraint[];
  isReadOnly: boolean;
  onChange: (constraints: Constraint[]) => void;
  onSwitchToCode: () => void;
};

type Props = ConstraintsProps & {
  constraint: Constraint;
  number: number;
  handle: ReactNode;
  ref?: Ref<HTMLLIElement>;
  style?: CSSProperties;
};

/** One constraint with its handle, and the button that removes it. */
export function ConstraintRow({
  constraint,
  constraints,
  number,
  isReadOnly,
  handle,
  onChange,
  onSwitchToCode,
  ref,
  style,
}: Props) {
  const words = useWords("editor.builder");
  return (
    <li ref={ref} className="flex items-start gap-1" style={style}>
      {isReadOnly ? null : handle}
      <FormField
        className="flex-1"
        label={words("constraint", { number })}
        value={constraint.text}
        rows={1}
        isReadOnly={isReadOnly}
        onChange={(text) => {
          onChange(constraints.map((one) => (one.key === constraint.key ? { ...one, text } : one)));
        }}
        onSwitchToCode={onSwitchToCode}
      />
      {isReadOnly ? null : (
        <Button
          variant="ghost"
          size="icon-sm"
          className="mt-6"
          aria-label={words("removeConstraint", { number })}
          onClick={() => {
            onChange(constraints.filter((one) => one.key !== constraint.key));
          }}
        >
          <X />
        </Button>
      )}
    </li>
  );
}
