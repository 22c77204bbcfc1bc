import type { Draft, Version } from "../api";
import { type EditorContent, EMPTY_FORM, fromRead } from "./content";
import { type CopyOwner, readCopy, readLocalValues } from "./local-copy";
import { baseOf } from "./saving";
import { type Base, isSame } from "./store";
import type { Values } from "./values";

/** With what a prompt opens. */
export type Opening = {
  base: Base;
  content: EditorContent;
  values: Values;
  problem: Draft["problem"];
  /** Text of an earlier page that had not reached the server is shown again. */
  isRestored: boolean;
  /** The draft as the server has it, where it was changed elsewhere after that text was typed. */
  theirs: Draft | null;
};

/** The draft, else the newest version, else an empty form; over it what this browser kept. */
export function openingOf(
  owner: CopyOwner,
  draft: Draft | null,
  version: Version | null,
  model: string,
): Opening {
  const base = startOf(draft, version, model);
  const values = readLocalValues(owner);
  const copy = readCopy(owner);
  const opening = { base, content: base.content, values, problem: draft?.problem ?? null };
  if (copy === null || isSame(copy.content, base.content))
    return { ...opening, isRestored: false, theirs: null };
  const isElsewhere = copy.edit !== base.edit && draft !== null;
  return {
    ...opening,
    content: copy.content,
    isRestored: true,
    theirs: isElsewhere ? draft : null,
  };
}

function startOf(draft: Draft | null, version: Version | null, model: string): Base {
  if (draft !== null) return baseOf(draft, fromRead(draft.content));
  if (version !== null)
    return { edit: null, version: version.version, content: fromRead(version.content) };
  const content: EditorContent = {
    mode: "builder",
    form: EMPTY_FORM,
    text: "",
    messages: [],
    config: { model },
  };
  return { edit: null, version: null, content };
}
