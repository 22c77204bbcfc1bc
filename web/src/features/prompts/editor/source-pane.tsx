"use client";

import { useState } from "react";

import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { cn } from "@/lib/class-names";
import { useWords } from "@/lib/i18n/words";

import { BuilderForm } from "./builder/builder-form";
import { CodeView } from "./code/code-view";
import { ConfigBar } from "./config/config-bar";
import { useEditorScope } from "./editor-scope";
import { toCode, toForm } from "./modes";
import { useEditor, useEditorStore } from "./store";

/** The text of the prompt, as a form or as code; switching between them loses nothing. */
export function SourcePane() {
  const words = useWords("editor");
  const store = useEditorStore();
  const { isReadOnly } = useEditorScope();
  const isForm = useEditor((state) => state.content.mode === "builder");
  const [isRefused, setRefused] = useState(false);

  function switchTo(form: boolean) {
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
              onClick={() => {
                switchTo(form);
              }}
            >
              {label}
            </button>
          ))}
        </div>
      </div>
      <ConfigBar />
      {isForm ? (
        <div className="min-h-0 flex-1 overflow-auto">
          <BuilderForm
            onSwitchToCode={() => {
              switchTo(false);
            }}
          />
        </div>
      ) : (
        <CodeView />
      )}
      <Dialog
        open={isRefused}
        onOpenChange={setRefused}
        title={words("noFormTitle")}
        description={words("noForm")}
        footer={
          <Button
            variant="primary"
            onClick={() => {
              setRefused(false);
            }}
          >
            {words("stayInCode")}
          </Button>
        }
      >
        <p className="text-sm">{words("noFormHint")}</p>
      </Dialog>
    </section>
  );
}
