"use client";

import { useQueryClient } from "@tanstack/react-query";
import { createContext, type ReactNode, useContext, useEffect, useState } from "react";
import { useStore } from "zustand";

import { mark } from "@/lib/marks";

import { fetchPrompt, fetchVersion, type Prompt, PROMPTS_KEY, renderTemplates } from "../api";
import {
  createLiveStore,
  type Live,
  LiveEngine,
  type LiveStore,
  type ServerQuestion,
} from "../engine/live";
import { VariableColors } from "./color-assignment";
import type { CopyOwner } from "./local-copy";
import type { Opening } from "./opening";
import { Saving } from "./saving";
import { createEditorStore, EditorContext, type EditorStore } from "./store";

type Scope = {
  live: LiveStore;
  saving: Saving;
  owner: CopyOwner;
  isReadOnly: boolean;
  isRestored: boolean;
  colors: VariableColors;
};

const ScopeContext = createContext<Scope | null>(null);

/** What goes with the open prompt beside its store: saving, and what follows from its text. */
export function useEditorScope(): Scope {
  const scope = useContext(ScopeContext);
  if (scope === null) throw new Error("Only inside of an editor");
  return scope;
}

/** One part of what follows from the text and the values. */
export function useLive<T>(select: (live: Live) => T): T {
  return useStore(useEditorScope().live, select);
}

type Props = {
  prompt: Prompt;
  opening: Opening;
  owner: CopyOwner;
  isReadOnly: boolean;
  children: ReactNode;
};

/** Opens the stores of one prompt and keeps them going while the page is open. */
export function EditorScope({ prompt, opening, owner, isReadOnly, children }: Props) {
  const client = useQueryClient();
  const [{ store, scope, engine }] = useState(() => {
    const { base, content, values, problem, theirs, isRestored } = opening;
    const made = createEditorStore(prompt, base, content, values);
    made
      .getState()
      .settle({ problem, ...(theirs === null ? {} : { theirs, status: "conflict" as const }) });
    const live = createLiveStore();
    const saving = new Saving(made, owner, () => {
      void client.invalidateQueries({ queryKey: [...PROMPTS_KEY, "list"] });
    });
    return {
      store: made,
      engine: new LiveEngine(live),
      scope: { live, saving, owner, isReadOnly, isRestored, colors: new VariableColors() },
    };
  });

  useEffect(() => followChanges(store, engine, scope.live), [store, engine, scope.live]);

  useEffect(() => {
    store.getState().setPrompt(prompt);
  }, [store, prompt]);

  useEffect(() => {
    if (isReadOnly) return undefined;
    scope.saving.start();
    return () => {
      void scope.saving.flush();
      scope.saving.stop();
    };
  }, [scope, isReadOnly]);

  return (
    <EditorContext value={store}>
      <ScopeContext value={scope}>{children}</ScopeContext>
    </EditorContext>
  );
}

/** Brings the preview up to date with each change, at most once a frame, and fetches what it needs. */
function followChanges(store: EditorStore, engine: LiveEngine, live: LiveStore): () => void {
  let frame = 0;
  let isBehind = false;
  let isOpen = true;
  const update = () => {
    isBehind = false;
    const { content, values } = store.getState();
    engine.update(content, values);
    // React draws what a store tells it in a microtask of its own, which is queued by now.
    queueMicrotask(() => {
      mark("promptops:preview");
    });
  };
  const schedule = () => {
    frame = requestAnimationFrame(() => {
      frame = 0;
      if (isBehind) follow();
    });
  };
  // The first change of a frame is followed at once, with its own text; what comes faster waits.
  const follow = () => {
    isBehind = true;
    if (frame !== 0) return;
    update();
    schedule();
  };
  const followSoon = () => {
    isBehind = true;
    if (frame === 0) schedule();
  };
  const stopFollowing = store.subscribe((state, before) => {
    if (state.content !== before.content || state.values !== before.values) follow();
  });
  const fetching = new Set<string>();
  const stopSnippets = live.subscribe((state) => {
    for (const reference of state.variables.snippets) {
      if (engine.hasSnippet(reference) || fetching.has(reference)) continue;
      fetching.add(reference);
      void fetchSnippet(reference).then((text) => {
        if (text !== null && isOpen) {
          engine.addSnippet(reference, text);
          followSoon();
        }
      });
    }
  });
  const stopAsking = live.subscribe(({ askServer }, before) => {
    if (askServer !== before.askServer) askSoon(askServer);
  });
  let timer: ReturnType<typeof setTimeout> | undefined;
  const askSoon = (question: ServerQuestion | null) => {
    clearTimeout(timer);
    if (question === null) return;
    timer = setTimeout(() => {
      void renderOnServer(question).then((texts) => {
        if (texts !== null && isOpen) engine.answer(question, texts);
      });
    }, ASK_AFTER_MS);
  };
  followSoon();
  void import("../engine/renderer")
    .then(({ loadRenderer }) => loadRenderer())
    .then((renderer) => {
      if (!isOpen) return;
      engine.useRenderer(renderer);
      followSoon();
    });
  return () => {
    isOpen = false;
    cancelAnimationFrame(frame);
    stopFollowing();
    stopSnippets();
    stopAsking();
    clearTimeout(timer);
  };
}

const ASK_AFTER_MS = 300;

/** The texts of the parts as the server renders them, null at a placeholder, or null where it fails. */
async function renderOnServer({
  parts,
  variables,
}: ServerQuestion): Promise<(string | null)[] | null> {
  try {
    const { messages } = await renderTemplates(parts, variables);
    if (messages === null) return null;
    const texts = messages.map(({ content }) => content);
    return parts.map((part) => ("placeholder" in part ? null : (texts.shift() ?? null)));
  } catch {
    return null;
  }
}

/** The text of a published snippet, or null where it cannot be had. */
async function fetchSnippet(reference: string): Promise<string | null> {
  const [alias = "", number] = reference.split("@");
  try {
    const version = number ?? (await fetchPrompt(alias)).latest_version;
    return version === null ? null : (await fetchVersion(alias, version)).content.template;
  } catch {
    return null;
  }
}
