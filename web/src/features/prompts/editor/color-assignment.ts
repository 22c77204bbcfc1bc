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

/** The colours of one open prompt: a variable keeps its own, whichever come or go beside it. */
export class VariableColors {
  private readonly colors = new Map<string, string>();

  of(name: string, others: readonly string[]): string {
    const known = this.colors.get(name);
    if (known !== undefined) return known;
    const taken = new Set(others.map((other) => this.colors.get(other)));
    const own = colorOfName(name);
    const color = taken.has(own) ? (COLORS.find((one) => !taken.has(one)) ?? own) : own;
    this.colors.set(name, color);
    return color;
  }
}
