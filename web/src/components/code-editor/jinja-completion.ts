/** What can be completed beside the words of the language. */
export type Names = Readonly<
  Record<"variables" | "snippets" | "filters" | "tests" | "tags", readonly string[]>
>;

export type Offer = {
  label: string;
  kind: "variable" | "filter" | "test" | "tag" | "keyword" | "snippet";
};

const OPERATORS = ["if", "else", "and", "or", "not", "is", "in"];
const CLOSING = ["elif", "else", "endif", "endfor", "endset", "endwith", "endmacro"];
const MORE_CLOSING = ["endfilter", "endraw"];
const LONGEST_TAG = 4000;
const IDENTIFIER = String.raw`[\p{L}_][\p{L}\p{N}_]*`;
const WORD_BEGUN = /[\p{L}_][\p{L}\p{N}_]*$/u;
const INCLUDE = /\binclude\s*["'][^"']*$/;
/** After these a value is expected, and not an operator. */
const WANTS_VALUE = /(?:^|[|~=<>+\-*/%,([{:]|\b(?:if|elif|else|in|and|or|not|set|with|for))$/;
const PRINTED = new RegExp(String.raw`\{\{[-+]?\s*(${IDENTIFIER})\s*(?:\||[-+]?\}\})`, "gu");
const BOUND = new RegExp(
  String.raw`\{%[-+]?\s*(?:for\s+(${IDENTIFIER}(?:\s*,\s*${IDENTIFIER})*)\s+in|set\s+(${IDENTIFIER}))\s*`,
  "gu",
);

/**
 * What fits at the end of `before`, the text in front of the cursor; empty outside of tags. The rest
 * of the text, `after`, tells of variables that stand there.
 */
export function offersAt(before: string, after: string, names: Names): Offer[] {
  const tag = openTag(before);
  if (tag === null) return [];
  const { inside, isStatement } = tag;
  if (INCLUDE.test(inside)) return all(names.snippets, "snippet");
  if (isInString(inside)) return [];
  const begun = WORD_BEGUN.exec(inside)?.[0] ?? "";
  const head = inside.slice(0, inside.length - begun.length).trimEnd();
  if (isStatement && /^[-+]?$/.test(head)) {
    return [...all(names.tags, "tag"), ...all([...CLOSING, ...MORE_CLOSING], "keyword")];
  }
  if (head.endsWith("|") || /^[-+]?\s*filter$/.test(head)) return all(names.filters, "filter");
  if (/\bis(?:\s+not)?$/.test(head)) return all(names.tests, "test");
  // A name of their own, or one of an object that nobody knows.
  if (head.endsWith(".") || /^[-+]?\s*(?:for|set|macro)$/.test(head)) return [];
  if (WANTS_VALUE.test(head.replace(/^[-+]/, ""))) {
    return all(variablesOf(before, after, names), "variable");
  }
  // Behind a value a list would stand in the way of who goes on by Enter: it waits for a letter.
  return begun === "" ? [] : all(OPERATORS, "keyword");
}

/** The tag that is open at the end of the text, without its braces. */
function openTag(text: string): { inside: string; isStatement: boolean } | null {
  // No tag is longer, and a brace that nobody closes makes no key slower.
  const before = text.slice(-LONGEST_TAG);
  const opening = Math.max(before.lastIndexOf("{{"), before.lastIndexOf("{%"));
  const inside = before.slice(opening + 2);
  if (opening === -1 || inside.includes("}}") || inside.includes("%}")) return null;
  return { inside, isStatement: before[opening + 1] === "%" };
}

function isInString(inside: string): boolean {
  let quote: string | null = null;
  for (let at = 0; at < inside.length; at += 1) {
    const character = inside[at] ?? "";
    if (quote !== null && character === "\\") at += 1;
    else if (character === quote) quote = null;
    else if (quote === null && (character === '"' || character === "'")) quote = character;
  }
  return quote !== null;
}

/** The prompt's variables, what the text binds, and what it prints where it cannot be read yet. */
function variablesOf(before: string, after: string, names: Names): string[] {
  const found = new Set(names.variables);
  for (const [, list, name] of before.matchAll(BOUND)) {
    for (const one of (list ?? name ?? "").split(",")) found.add(one.trim());
    if (list !== undefined) found.add("loop");
  }
  for (const text of [before, after]) {
    for (const [, name = ""] of text.matchAll(PRINTED)) found.add(name);
  }
  return [...found];
}

function all(labels: readonly string[], kind: Offer["kind"]): Offer[] {
  return labels.map((label) => ({ label, kind }));
}
