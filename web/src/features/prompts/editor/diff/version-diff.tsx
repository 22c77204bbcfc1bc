"use client";

import { useQuery } from "@tanstack/react-query";

import { DiffEditor } from "@/components/code-editor/lazy";
import { ErrorPanel } from "@/components/error-panel";
import { useWords } from "@/lib/i18n/words";

import { fetchState } from "../../api";
import { type ContentRead, settingsText, sourceText } from "./source-text";

type Props = { prompt: string; from: string; to: string };

/** Two states of a prompt, text first, then what goes to the model beside it. */
export function VersionDiff({ prompt, from, to }: Props) {
  const words = useWords("editor.diff");
  const states = useQuery({
    queryKey: ["prompt-states", prompt, from, to],
    queryFn: () => Promise.all([fetchState(prompt, from), fetchState(prompt, to)]),
    staleTime: 0,
    gcTime: from === "draft" || to === "draft" ? 0 : 60_000,
  });
  if (states.error !== null)
    return <ErrorPanel error={states.error} onRetry={() => void states.refetch()} />;
  if (states.data === undefined)
    return <div aria-hidden className="h-64 rounded-md bg-foreground/5" />;
  const [before, after] = states.data;
  const label = (state: string) => (state === "draft" ? words("draft") : state);
  return (
    <ContentDiff before={before} after={after} beforeName={label(from)} afterName={label(to)} />
  );
}

type ContentProps = {
  before: ContentRead;
  after: ContentRead;
  beforeName: string;
  afterName: string;
};

/** Two contents side by side. */
export function ContentDiff({ before, after, beforeName, afterName }: ContentProps) {
  const words = useWords("editor.diff");
  const parts = [
    {
      title: words("text"),
      one: sourceText(before),
      other: sourceText(after),
      language: "jinja" as const,
    },
    {
      title: words("settings"),
      one: settingsText(before),
      other: settingsText(after),
      language: "json" as const,
    },
  ];
  const changed = parts.filter(({ one, other }) => one !== other);
  if (changed.length === 0) return <p className="text-sm text-muted">{words("same")}</p>;
  return (
    <div className="flex flex-col gap-4">
      {changed.map(({ title, one, other, language }) => (
        <section key={title} aria-label={title}>
          <h3 className="mb-1 flex flex-wrap items-baseline gap-2 text-sm font-medium">
            {title}
            <span className="font-mono text-xs font-normal text-muted">
              {beforeName} → {afterName}
            </span>
          </h3>
          <div
            className="overflow-hidden rounded-md border"
            style={{ height: heightOf(one, other) }}
          >
            <DiffEditor
              before={one}
              after={other}
              beforeLabel={words("before", { name: beforeName })}
              afterLabel={words("after", { name: afterName })}
              language={language}
            />
          </div>
        </section>
      ))}
    </div>
  );
}

const LINE = 20;

function heightOf(one: string, other: string): number {
  const lines = Math.max(one.split("\n").length, other.split("\n").length);
  return Math.min(Math.max(lines + 4, 8), 24) * LINE;
}
