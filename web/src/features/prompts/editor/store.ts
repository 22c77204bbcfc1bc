import { createContext, useContext } from "react";
import { createStore, type StoreApi, useStore } from "zustand";

import type { Schemas } from "@/lib/api/client";

import type { Draft, Prompt } from "../api";
import { type EditorContent, fingerprint } from "./content";
import type { Value, Values } from "./values";

/** Where the content stands with respect to the server. */
export type SaveStatus = "saved" | "unsaved" | "saving" | "failed" | "offline" | "conflict";

/** What the server has: the edit of the draft (null where there is none), and its content. */
export type Base = { edit: number | null; version: string | null; content: EditorContent };

type EditorState = {
  prompt: Prompt;
  content: EditorContent;
  base: Base;
  status: SaveStatus;
  error: unknown;
  problem: Schemas["TemplateProblem"] | null;
  /** The draft as somebody else left it, while that is to be decided. */
  theirs: Draft | null;
  values: Values;
  /** Counts contents that came from elsewhere than typing: editors then take the new text. */
  epoch: number;
  change: (part: Partial<EditorContent>) => void;
  replace: (content: EditorContent) => void;
  setValue: (name: string, value: Value) => void;
  setValues: (values: Values) => void;
  setPrompt: (prompt: Prompt) => void;
  adopt: (base: Base, problem: Schemas["TemplateProblem"] | null) => void;
  settle: (
    state: Partial<Pick<EditorState, "status" | "error" | "theirs" | "base" | "problem">>,
  ) => void;
};

export type EditorStore = StoreApi<EditorState>;

/** The store of one open prompt. `content` is what is shown, `base` what the server has. */
export function createEditorStore(
  prompt: Prompt,
  base: Base,
  content: EditorContent,
  values: Values,
): EditorStore {
  return createStore<EditorState>((set, get) => ({
    prompt,
    content,
    base,
    status: isSame(content, base.content) ? "saved" : "unsaved",
    error: null,
    problem: null,
    theirs: null,
    values,
    epoch: 0,
    change: (part) => {
      const changed = { ...get().content, ...part };
      set({ content: changed, status: nextStatus(get().status) });
    },
    replace: (whole) => {
      set({ content: whole, epoch: get().epoch + 1, status: nextStatus(get().status) });
    },
    setValue: (name, value) => {
      set({ values: { ...get().values, [name]: value } });
    },
    setValues: (more) => {
      set({ values: { ...get().values, ...more } });
    },
    setPrompt: (changed) => {
      set({ prompt: changed });
    },
    adopt: (newBase, problem) => {
      set({
        base: newBase,
        content: newBase.content,
        epoch: get().epoch + 1,
        status: "saved",
        error: null,
        theirs: null,
        problem,
      });
    },
    settle: (state) => {
      set(state);
    },
  }));
}

/** A change makes the text unsaved, but a conflict stays until it is decided. */
function nextStatus(status: SaveStatus): SaveStatus {
  return status === "conflict" ? "conflict" : "unsaved";
}

export function isSame(one: EditorContent, other: EditorContent): boolean {
  return one === other || fingerprint(one) === fingerprint(other);
}

export const EditorContext = createContext<EditorStore | null>(null);

/** The store of the open prompt. */
export function useEditorStore(): EditorStore {
  const store = useContext(EditorContext);
  if (store === null) throw new Error("Only inside of an editor");
  return store;
}

/** One part of the open prompt's state. */
export function useEditor<T>(select: (state: EditorState) => T): T {
  return useStore(useEditorStore(), select);
}
