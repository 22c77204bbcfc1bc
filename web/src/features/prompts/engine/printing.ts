import { GLOBALS } from "./grammar";
import { readSegments, type Segment, type Token } from "./lexer";

/** What a template that only prints comes to: its texts, and its values with the names before them. */
export type Printed = { text: string; variable: string | null };

/**
 * The parts of a template that does nothing but print texts and ask whether a variable is there, put
 * together without the engine: the usual prompt, at each key. Null for every other template, and where
 * a value is no text, which the engine prints in its own way. Throws TemplateFault for what is no
 * template.
 */
export function printSimply(
  source: string,
  variables: Readonly<Record<string, unknown>>,
): Printed[] | null {
  if (INVISIBLE.test(source)) return null;
  const printed: Printed[] = [];
  // For each open `if`: whether this branch is taken, and whether one was.
  const open: { isTaken: boolean; wasTaken: boolean }[] = [];
  const isPrinted = () => open.every(({ isTaken }) => isTaken);
  const add = (text: string) => {
    const last = printed.at(-1);
    if (last?.variable === null) last.text += text;
    else printed.push({ text, variable: null });
  };
  for (const segment of readSegments(source)) {
    if (segment.kind === "text") {
      if (isPrinted()) add(source.slice(segment.start, segment.end));
      continue;
    }
    if (trims(source, segment)) return null;
    if (segment.kind === "tag") {
      if (!branch(segment.tokens, variables, open)) return null;
      continue;
    }
    const [name] = segment.tokens;
    if (segment.tokens.length !== 2 || name?.kind !== "name" || KNOWN.has(name.value)) return null;
    if (!isPrinted()) continue;
    const value = Object.hasOwn(variables, name.value) ? variables[name.value] : undefined;
    if (typeof value !== "string") return null;
    printed.push({ text: value, variable: name.value });
  }
  return open.length === 0 ? printed : null;
}

// What takes space away from the text beside it, or holds braces that are text.
const INVISIBLE = /\{#[-+]|[-+]#\}|\{%[-+]?\s*raw/;
// What the engine knows without being given it.
const KNOWN = new Set([
  ...["true", "false", "none", "True", "False", "None", "loop", "self"],
  ...GLOBALS,
]);
const QUESTION = /^(if|elif) (\S+) is (not )?defined$/;

function trims(source: string, { start, end }: Segment): boolean {
  return "-+".includes(source[start + 2] ?? "") || "-+".includes(source[end - 3] ?? "");
}

/** Goes into, on in or out of a branch; false for a tag that is none. */
function branch(
  tokens: readonly Token[],
  variables: Readonly<Record<string, unknown>>,
  open: { isTaken: boolean; wasTaken: boolean }[],
): boolean {
  const words = tokens
    .slice(0, -1)
    .map(({ value }) => value)
    .join(" ");
  const inner = open.at(-1);
  if (words === "endif") return open.pop() !== undefined;
  if (words === "else") {
    if (inner === undefined) return false;
    inner.isTaken = !inner.wasTaken;
    inner.wasTaken = true;
    return true;
  }
  const [, kind, name = "", not] = QUESTION.exec(words) ?? [];
  if (kind === undefined || tokens[1]?.kind !== "name" || KNOWN.has(name)) return false;
  const isTrue = Object.hasOwn(variables, name) === (not === undefined);
  if (kind === "if") {
    open.push({ isTaken: isTrue, wasTaken: isTrue });
    return true;
  }
  if (inner === undefined) return false;
  inner.isTaken = isTrue && !inner.wasTaken;
  inner.wasTaken ||= isTrue;
  return true;
}
