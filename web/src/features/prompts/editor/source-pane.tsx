"use client";

import dynamic from "next/dynamic";
import { useState } from "react";

import { cn } from "@/lib/class-names";
import { useWords } from "@/lib/i18n/words";

import { ConfigBar } from "./config/config-bar";
import { useEditorScope } from "./editor-scope";
import { useEditor, useEditorStore } from "./store";

const BuilderForm = dynamic(async () => (await import("./builder/builder-form")).BuilderForm, {
  ssr: false,
});
const CodeView = dynamic(async () => (await import("./code/code-view")).CodeView, { ssr: false });
const NoForm = dynamic(async () => (await import("./builder/no-form")).NoForm, { ssr: false });

/** The text of the prompt, as a form or as code; switching between them loses nothing. */
export function SourcePane() {
  const words = useWords("editor");
  const store = useEditorStore();
  const { isReadOnly } = useEditorScope();
  const isForm = useEditor((state) => state.content.mode === "builder");
  const [isRefused, setRefused] = useState(false);

  async function switchTo(form: boolean) {
    const { toCode, toForm } = await import("./modes");
    const { content, replace } = store.getState();
    if (form === (content.mode === "builder")) return;
    const switched = form ? toForm(content) : toCode(content);
    if (switched === null) setRefused(true);
    else replace(switched);
  }

  const choices = [
    { form: true, label: words("builder.title") },
    { form: false, label: words("code.title") },
  ];
  return (
    <section aria-label={words("source")} className="flex min-h-0 flex-1 flex-col">
      <div className="flex flex-wrap items-center border-b">
        <div role="group" aria-label={words("mode")} className="m-1.5 flex rounded-md border p-0.5">
          {choices.map(({ form, label }) => (
            <button
              key={label}
              type="button"
              aria-pressed={isForm === form}
              disabled={isReadOnly && isForm !== form}
              className={cn(
                "h-6 rounded-sm px-2.5 text-sm text-muted disabled:opacity-50",
                isForm === form && "bg-accent-soft font-medium text-accent-text",
              )}
              onClick={() => void switchTo(form)}
            >
              {label}
            </button>
          ))}
        </div>
      </div>
      <ConfigBar />
      {isForm ? (
        <div className="min-h-0 flex-1 overflow-auto">
          <BuilderForm onSwitchToCode={() => void switchTo(false)} />
        </div>
      ) : (
        <CodeView />
      )}
      {isRefused ? (
        <NoForm
          onClose={() => {
            setRefused(false);
          }}
        />
      ) : null}
    </section>
  );
}
