"use client";

import { ChevronLeft, Play, Save } from "lucide-react";
import dynamic from "next/dynamic";
import { useEffect, useState } from "react";

import { PromptLink } from "@/components/prompt-link";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { KeyHint } from "@/components/ui/key-hint";
import { useMay } from "@/features/access/api";
import { useDeployments } from "@/features/deployments/api";
import { cn } from "@/lib/class-names";
import { useWords } from "@/lib/i18n/words";

import { useEditorScope } from "../editor-scope";
import { useRuns, useRunScope } from "../run/run-scope";
import { useEditor } from "../store";
import { SaveState } from "./save-state";

const SaveVersion = dynamic(async () => (await import("./save-version")).SaveVersion, {
  ssr: false,
});

export type View = "edit" | "history" | "releases" | "use";
const VIEWS: readonly View[] = ["edit", "history", "releases", "use"];

/** Which prompt this is, how its text stands, its views, and the two things one does: run and save. */
export function EditorHeader({ view, onView }: { view: View; onView: (view: View) => void }) {
  const words = useWords("editor");
  const { isReadOnly } = useEditorScope();
  const prompt = useEditor((state) => state.prompt);
  const { runAll, runner } = useRunScope();
  const isComparing = useRuns((state) => state.variants.length > 1);
  const isRunning = useRuns((state) =>
    Object.values(state.outcomes).some(({ status }) => status === "running"),
  );
  const mayRun = useMay("runs.run");
  const [isSaving, setSaving] = useState(false);

  useEffect(() => {
    function listen(event: KeyboardEvent) {
      if ((event.metaKey || event.ctrlKey) && !event.altKey && event.key.toLowerCase() === "s") {
        event.preventDefault();
        if (!isReadOnly) setSaving(true);
      }
    }
    window.addEventListener("keydown", listen, { capture: true });
    return () => {
      window.removeEventListener("keydown", listen, { capture: true });
    };
  }, [isReadOnly]);

  return (
    <header className="flex flex-wrap items-center gap-x-3 gap-y-1 border-b bg-surface px-3 py-1.5">
      <Button variant="ghost" size="icon-sm" asChild>
        <PromptLink href="/prompts" aria-label={words("allPrompts")}>
          <ChevronLeft />
        </PromptLink>
      </Button>
      <div className="min-w-0">
        <h1 className="truncate text-base font-semibold">{prompt.name}</h1>
        <p className="flex flex-wrap items-center gap-1.5 text-xs text-muted">
          <code>{prompt.alias}</code>
          <WhatRuns promptId={prompt.id} />
        </p>
      </div>
      <SaveState />
      <div className="flex-1" />
      <nav
        aria-label={words("views")}
        className="flex rounded-md border p-0.5 max-sm:order-last max-sm:w-full"
      >
        {VIEWS.map((one) => (
          <button
            key={one}
            type="button"
            aria-current={one === view ? "page" : undefined}
            className={cn(
              "h-7 rounded-sm px-2.5 text-sm text-muted max-sm:flex-1",
              one === view && "bg-accent-soft font-medium text-accent-text",
            )}
            onClick={() => {
              onView(one);
            }}
          >
            {words(`viewNames.${one}`)}
          </button>
        ))}
      </nav>
      {isReadOnly ? null : (
        <Button
          onClick={() => {
            setSaving(true);
          }}
        >
          <Save />
          {words("saveVersion")}
        </Button>
      )}
      {isRunning ? (
        <Button
          variant="primary"
          onClick={() => {
            runner.stopAll();
          }}
        >
          {words("run.stopAll")}
        </Button>
      ) : mayRun ? (
        <Button
          variant="primary"
          onClick={() => {
            onView("edit");
            runAll();
          }}
        >
          <Play />
          {words(isComparing ? "run.runAll" : "run.run")}
          <KeyHint keys="Mod+Enter" />
        </Button>
      ) : null}
      {isSaving ? (
        <SaveVersion
          onClose={() => {
            setSaving(false);
          }}
        />
      ) : null}
    </header>
  );
}

function WhatRuns({ promptId }: { promptId: string }) {
  const deployments = useDeployments(promptId);
  return deployments.data?.map(({ environment, version }) => (
    <Badge key={environment} tone={environment === "prod" ? "success" : "accent"}>
      {environment} · {version}
    </Badge>
  ));
}
