import { create } from "zustand";

import { readStored, writeStored } from "@/lib/storage";

export const STEPS = ["write", "call", "provider"] as const;
export type Step = (typeof STEPS)[number];

/** How far a person has come in this browser. */
export type Progress = {
  /** The card was closed for good. */
  isClosed: boolean;
  hasRun: boolean;
  /** Steps that the person has put away. */
  dismissed: readonly Step[];
};

export const NOTHING_YET: Progress = { isClosed: false, hasRun: false, dismissed: [] };

/** What is stored as a progress; what cannot be read counts as nothing yet. */
export function readProgress(text: string | null): Progress {
  try {
    const read: unknown = JSON.parse(text ?? "{}");
    if (typeof read !== "object" || read === null) return NOTHING_YET;
    const { isClosed, hasRun, dismissed } = read as Record<string, unknown>;
    return {
      isClosed: isClosed === true,
      hasRun: hasRun === true,
      dismissed: Array.isArray(dismissed) ? STEPS.filter((step) => dismissed.includes(step)) : [],
    };
  } catch {
    return NOTHING_YET;
  }
}

export type Facts = {
  mayWrite: boolean;
  mayManageProviders: boolean;
  hasOwnPrompt: boolean;
  hasVersion: boolean;
  wasCalled: boolean;
  hasRealProvider: boolean;
};

/** The steps that are left: possible for this person, not done, and not put away. */
export function stepsLeft(facts: Facts, progress: Progress): Step[] {
  const isLeft: Record<Step, boolean> = {
    write: facts.mayWrite && !facts.hasOwnPrompt,
    call: facts.hasVersion && !facts.wasCalled,
    provider: facts.mayManageProviders && !facts.hasRealProvider,
  };
  return STEPS.filter((step) => isLeft[step] && !progress.dismissed.includes(step));
}

type ProgressState = {
  of: Readonly<Record<string, Progress>>;
  change: (user: string, part: Partial<Progress>) => void;
};

function keyOf(user: string): string {
  return `promptops-start:${user}`;
}

/** The progress of each person who uses this browser. */
export const useProgressStore = create<ProgressState>((set, get) => ({
  of: {},
  change: (user, part) => {
    const next = { ...progressOf(get().of, user), ...part };
    writeStored(keyOf(user), JSON.stringify(next));
    set({ of: { ...get().of, [user]: next } });
  },
}));

export function progressOf(of: ProgressState["of"], user: string): Progress {
  return of[user] ?? readProgress(readStored(keyOf(user)));
}

/** Whether this person has closed the card for good in this browser. */
export function useHasClosed(user: string | undefined): boolean {
  const of = useProgressStore((state) => state.of);
  return user !== undefined && progressOf(of, user).isClosed;
}
