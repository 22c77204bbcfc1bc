import { readSegments } from "./lexer";
import { TemplateFault } from "./template-fault";

export type NamePlace = { name: string; start: number; end: number };

/** Where these names stand in the tags of a template; nothing where it cannot be read. */
export function findNames(template: string, names: ReadonlySet<string>): NamePlace[] {
  if (names.size === 0) return [];
  try {
    const places: NamePlace[] = [];
    for (const segment of readSegments(template)) {
      if (segment.kind === "text") continue;
      segment.tokens.forEach(({ kind, value, start, end }, index) => {
        const before = segment.tokens[index - 1]?.value;
        const isOwnName = before !== "." && before !== "|" && before !== "is";
        if (kind === "name" && isOwnName && names.has(value))
          places.push({ name: value, start, end });
      });
    }
    return places;
  } catch (error) {
    if (error instanceof TemplateFault) return [];
    throw error;
  }
}
