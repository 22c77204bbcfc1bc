import { useMemo } from "react";

import { useLive } from "./editor-scope";

/** Spelled out, so that the stylesheet has them. */
const COLORS = [
  "text-variable-1",
  "text-variable-2",
  "text-variable-3",
  "text-variable-4",
  "text-variable-5",
  "text-variable-6",
  "text-variable-7",
  "text-variable-8",
] as const;

/** The colour of a variable's name: the same in the editor, the panel and the preview, on every page. */
export function colorOfName(name: string): string {
  let hash = 0;
  for (const character of name) hash = (hash * 31 + (character.codePointAt(0) ?? 0)) % 9973;
  return COLORS[hash % COLORS.length] ?? COLORS[0];
}

/** The colour of each variable of the open prompt; two that would look alike are kept apart. */
export function useVariableColors(): (name: string) => string {
  const names = useLive((live) => live.variables.names);
  const key = JSON.stringify(names);
  return useMemo(() => assignColors(JSON.parse(key) as string[]), [key]);
}

function assignColors(names: readonly string[]): (name: string) => string {
  const colors = new Map<string, string>();
  const taken = new Set<string>();
  for (const name of names) {
    const own = colorOfName(name);
    const color = taken.has(own) ? (COLORS.find((other) => !taken.has(other)) ?? own) : own;
    taken.add(color);
    colors.set(name, color);
  }
  return (name) => colors.get(name) ?? colorOfName(name);
}
