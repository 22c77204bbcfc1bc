"use client";

import { useState } from "react";

import { Button } from "@/components/ui/button";
import { Input, NativeSelect } from "@/components/ui/input";
import { useWords } from "@/lib/i18n/words";

import { isNarrowed, type RunFilter } from "./filter";

const STATUSES = ["running", "queued", "succeeded", "failed", "cancelled"] as const;
const SOURCES = ["api", "playground", "webhook", "flow", "evaluation", "judge", "test"] as const;
const RATINGS = ["up", "down"] as const;
const TYPED = ["prompt", "environment", "model", "code"] as const;
const NOTHING: RunFilter = {
  status: "",
  prompt: "",
  environment: "",
  source: "",
  model: "",
  code: "",
  rating: "",
};

type Props = { filter: RunFilter; onChange: (filter: RunFilter) => void };

/** What the table is narrowed to; what is typed holds from Enter or from leaving the field. */
export function RunFilters({ filter, onChange }: Props) {
  const words = useWords("runs");
  const choices = [
    { name: "status", values: STATUSES.map((one) => [one, words(`statuses.${one}`)] as const) },
    { name: "source", values: SOURCES.map((one) => [one, words(`sources.${one}`)] as const) },
    { name: "rating", values: RATINGS.map((one) => [one, words(`feedback.${one}`)] as const) },
  ] as const;
  return (
    <div
      role="search"
      aria-label={words("filters.title")}
      className="flex flex-wrap items-center gap-2 border-b px-4 py-2"
    >
      {choices.map(({ name, values }) => (
        <NativeSelect
          key={name}
          aria-label={words(`filters.${name}`)}
          className="w-auto"
          value={filter[name]}
          onChange={(event) => {
            onChange({ ...filter, [name]: event.target.value });
          }}
        >
          <option value="">{words(`filters.any.${name}`)}</option>
          {values.map(([value, label]) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </NativeSelect>
      ))}
      {TYPED.map((name) => (
        <TypedFilter
          key={`${name}:${filter[name]}`}
          label={words(`filters.${name}`)}
          value={filter[name]}
          onChange={(value) => {
            onChange({ ...filter, [name]: value });
          }}
        />
      ))}
      {isNarrowed(filter) ? (
        <Button
          variant="ghost"
          size="sm"
          onClick={() => {
            onChange(NOTHING);
          }}
        >
          {words("filters.clear")}
        </Button>
      ) : null}
    </div>
  );
}

type TypedProps = { label: string; value: string; onChange: (value: string) => void };

function TypedFilter({ label, value, onChange }: TypedProps) {
  const [text, setText] = useState(value);
  const take = () => {
    if (text.trim() !== value) onChange(text.trim());
  };
  return (
    <Input
      type="search"
      className="w-36 font-mono"
      aria-label={label}
      placeholder={label}
      maxLength={200}
      value={text}
      onChange={(event) => {
        setText(event.target.value);
        if (event.target.value === "" && value !== "") onChange("");
      }}
      onBlur={take}
      onKeyDown={(event) => {
        if (event.key === "Enter") take();
      }}
    />
  );
}
