import { LOCAL_TEXT_PREFIX, readStored, writeStored } from "@/lib/storage";

import type { EditorContent } from "./content";
import type { Values } from "./values";

/**
 * What was typed and is not yet with the server, kept in this browser: a tab may crash, a session
 * may end. It goes away when the server has the text, and when the person signs out.
 */
export type LocalCopy = {
  edit: number | null;
  version: string | null;
  content: EditorContent;
  savedAt: string;
};

/** Whose copy it is and of what; nobody else who signs in here sees it. */
export type CopyOwner = { user: string; prompt: string };

function key(what: "copy" | "values", { user, prompt }: CopyOwner): string {
  return `${LOCAL_TEXT_PREFIX}${what}:${user}:${prompt}`;
}

export function readCopy(owner: CopyOwner): LocalCopy | null {
  return parse<LocalCopy>(readStored(key("copy", owner)));
}

/** Returns whether the browser had room for it. */
export function writeCopy(owner: CopyOwner, copy: LocalCopy | null): boolean {
  return writeStored(key("copy", owner), copy === null ? null : JSON.stringify(copy));
}

/** The values that were last typed for a prompt; a new page starts with them. */
export function readLocalValues(owner: CopyOwner): Values {
  return parse<Values>(readStored(key("values", owner))) ?? {};
}

export function writeLocalValues(owner: CopyOwner, values: Values): void {
  const isEmpty = Object.values(values).every(({ text }) => text === "");
  writeStored(key("values", owner), isEmpty ? null : JSON.stringify(values));
}

function parse<T>(text: string | null): T | null {
  if (text === null) return null;
  try {
    return JSON.parse(text) as T;
  } catch {
    return null;
  }
}
