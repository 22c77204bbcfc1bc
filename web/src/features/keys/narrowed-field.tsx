"use client";

import { type ReactNode, useId } from "react";

type Props = {
  label: string;
  everything: string;
  only: string;
  /** Null is everything. */
  value: string[] | null;
  error: string | null;
  onChange: (value: string[] | null) => void;
  children: ReactNode;
};

/** Everything in the project, or only what is chosen below. */
export function NarrowedField({
  label,
  everything,
  only,
  value,
  error,
  onChange,
  children,
}: Props) {
  const id = useId();
  return (
    <fieldset
      className="flex min-w-0 flex-col gap-1.5 text-sm"
      aria-describedby={error === null ? undefined : `${id}-error`}
    >
      <legend className="mb-1 font-medium">{label}</legend>
      <label className="flex items-center gap-2">
        <input
          type="radio"
          name={id}
          checked={value === null}
          onChange={() => {
            onChange(null);
          }}
        />
        {everything}
      </label>
      <label className="flex items-center gap-2">
        <input
          type="radio"
          name={id}
          checked={value !== null}
          onChange={() => {
            onChange(value ?? []);
          }}
        />
        {only}
      </label>
      {value === null ? null : <div className="ml-6 flex flex-col gap-2">{children}</div>}
      {error === null ? null : (
        <p id={`${id}-error`} role="alert" className="text-xs text-danger dark:text-variable-6">
          {error}
        </p>
      )}
    </fieldset>
  );
}
