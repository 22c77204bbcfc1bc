"use client";

import { createContext, type ReactNode, useCallback, useContext, useEffect, useState } from "react";
import { useStore } from "zustand";

import { useToasts } from "@/lib/toasts";
import { useMay } from "@/features/access/api";
import { useWords } from "@/lib/i18n/words";

import { useEditorScope } from "../editor-scope";
import { useEditorStore } from "../store";
import { readValues } from "../values";
import { createRunStore, Runner, type RunStore, type Variant } from "./run-store";

type RunScope = {
  store: RunStore;
  runner: Runner;
  runAll: () => void;
  runOne: (variant: Variant) => void;
};

const RunContext = createContext<RunScope | null>(null);

export function useRunScope(): RunScope {
  const scope = useContext(RunContext);
  if (scope === null) throw new Error("Only inside of an editor");
  return scope;
}

export function useRuns<T>(select: (state: ReturnType<RunStore["getState"]>) => T): T {
  return useStore(useRunScope().store, select);
}

type Props = { onRun: () => void; children: ReactNode };

/** The variants beside the editor, and how they are run: saved first, then all at once. */
export function RunScopeProvider({ onRun, children }: Props) {
  const words = useWords("editor.run");
  const editor = useEditorStore();
  const mayRun = useMay("runs.run");
  const { live, saving, isReadOnly } = useEditorScope();
  const show = useToasts((state) => state.show);
  const [{ store, runner }] = useState(() => {
    const { prompt } = editor.getState();
    const made = createRunStore(isReadOnly ? (prompt.latest_version ?? "draft") : "draft");
    return { store: made, runner: new Runner(made) };
  });

  const run = useCallback(
    async (variants: readonly Variant[]) => {
      if (!mayRun) return;
      onRun();
      const { variables: found, invalid } = live.getState();
      if (invalid.length > 0) {
        show(words("invalid", { names: invalid.join(", ") }), "danger");
        return;
      }
      const needsDraft = variants.some(({ version }) => version === "draft");
      if (needsDraft && !isReadOnly && !(await saving.flush())) {
        show(words("notSaved"), "danger");
        return;
      }
      const { prompt, values, base } = editor.getState();
      // A version may have variables that the draft has not: it gets whatever was typed.
      const names = variants.every(({ version }) => version === "draft")
        ? found.names
        : Object.keys(values);
      const { variables } = readValues([...new Set([...found.names, ...names])], values);
      // As long as nothing was changed there is no draft: it would say what its version says.
      const draft = base.edit === null ? base.version : "draft";
      if (needsDraft && draft === null) {
        show(words("empty"), "danger");
        return;
      }
      await Promise.all(
        variants.map((variant) => {
          const version = variant.version === "draft" ? (draft ?? "draft") : variant.version;
          return runner.run({ ...variant, version }, prompt.alias, variables);
        }),
      );
    },
    [editor, live, saving, isReadOnly, mayRun, runner, onRun, show, words],
  );

  useEffect(() => {
    const leave = () => {
      runner.stopAll();
    };
    window.addEventListener("pagehide", leave);
    return () => {
      window.removeEventListener("pagehide", leave);
      leave();
    };
  }, [runner]);

  const scope: RunScope = {
    store,
    runner,
    runAll: () => void run(store.getState().variants),
    runOne: (variant) => void run([variant]),
  };
  return <RunContext value={scope}>{children}</RunContext>;
}
