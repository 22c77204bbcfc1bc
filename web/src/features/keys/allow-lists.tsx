"use client";

import { X } from "lucide-react";
import { useDeferredValue, useState } from "react";

import { Badge } from "@/components/ui/badge";
import { Input } from "@/components/ui/input";
import { useEnvironments } from "@/features/deployments/api";
import { usePrompts } from "@/features/prompts/api";
import { useWords } from "@/lib/i18n/words";

import { NarrowedField } from "./narrowed-field";
import { PromptName } from "./prompt-name";

type Props = {
  value: string[] | null;
  error: string | null;
  onChange: (value: string[] | null) => void;
};

const MOST_FOUND = 6;

/** The prompts that a key may run, found by name. */
export function PromptAllowList({ value, error, onChange }: Props) {
  const words = useWords("settings.keys");
  const [search, setSearch] = useState("");
  const found = usePrompts({
    q: useDeferredValue(search.trim()),
    inText: false,
    tags: [],
    folder: null,
    archived: false,
  });
  const chosen = value ?? [];
  const rows = found.data?.pages[0]?.data.filter(({ id }) => !chosen.includes(id)) ?? [];
  return (
    <NarrowedField
      label={words("prompts")}
      everything={words("everyPrompt")}
      only={words("onlyPrompts")}
      value={value}
      error={error}
      onChange={onChange}
    >
      {chosen.length === 0 ? null : (
        <ul className="flex flex-wrap gap-1">
          {chosen.map((id) => (
            <li key={id} className="max-w-full">
              <Badge tone="accent">
                <span className="truncate">
                  <PromptName id={id} />
                </span>
                <button
                  type="button"
                  className="flex size-5 items-center justify-center rounded-sm"
                  aria-label={words("removePrompt", { id })}
                  onClick={() => {
                    onChange(chosen.filter((other) => other !== id));
                  }}
                >
                  <X aria-hidden />
                </button>
              </Badge>
            </li>
          ))}
        </ul>
      )}
      <Input
        type="search"
        aria-label={words("findPrompt")}
        placeholder={words("findPrompt")}
        value={search}
        maxLength={200}
        onKeyDown={(event) => {
          // Enter would send the form around it.
          if (event.key === "Enter") event.preventDefault();
        }}
        onChange={(event) => {
          setSearch(event.target.value);
        }}
      />
      <ul className="flex flex-col rounded-md border empty:hidden">
        {rows.slice(0, MOST_FOUND).map((prompt) => (
          <li key={prompt.id} className="border-b last:border-b-0">
            <button
              type="button"
              className="flex w-full items-center gap-2 px-2 py-1.5 text-left hover:bg-foreground/8"
              aria-label={words("addPrompt", { name: prompt.name })}
              onClick={() => {
                onChange([...chosen, prompt.id]);
              }}
            >
              <span className="min-w-0 flex-1 truncate">{prompt.name}</span>
              <code className="text-xs text-muted">{prompt.alias}</code>
            </button>
          </li>
        ))}
      </ul>
    </NarrowedField>
  );
}

/** The environments that a key may run in and release to. */
export function EnvironmentAllowList({ value, error, onChange }: Props) {
  const words = useWords("settings.keys");
  const environments = useEnvironments();
  const chosen = value ?? [];
  return (
    <NarrowedField
      label={words("environments")}
      everything={words("everyEnvironment")}
      only={words("onlyEnvironments")}
      value={value}
      error={error}
      onChange={onChange}
    >
      {environments.data?.map(({ name }) => (
        <label key={name} className="flex items-center gap-2 font-mono">
          <input
            type="checkbox"
            checked={chosen.includes(name)}
            onChange={(event) => {
              onChange(
                event.target.checked ? [...chosen, name] : chosen.filter((one) => one !== name),
              );
            }}
          />
          {name}
        </label>
      ))}
    </NarrowedField>
  );
}
