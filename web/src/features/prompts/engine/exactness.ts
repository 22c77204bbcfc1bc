import { readSegments, type Token } from "./lexer";
import { comparePoints } from "./python-print";
import { TemplateFault } from "./template-fault";

/**
 * Whether the browser prints this template with these values byte for byte as the server does; the
 * cases where it does not are the last table of docs/explanation/rendering.md. False may be said of
 * what would have been equal, never true of what is not.
 */
export function isExact(template: string, variables: Readonly<Record<string, unknown>>): boolean {
  let tokens: Token[];
  try {
    tokens = readSegments(template).flatMap((segment) =>
      segment.kind === "text" ? [] : segment.tokens,
    );
  } catch (error) {
    if (error instanceof TemplateFault) return false;
    throw error;
  }
  const values = Object.values(variables);
  if (values.some((value) => !hasSortedKeys(value))) return false;
  const isTextOnly =
    values.every((value) => typeof value === "string") &&
    !tokens.some((token) => MAKES_VALUES.has(token.value));
  return (
    !tokens.some((token, index) => isDifferent(token, tokens[index - 1], isTextOnly)) &&
    !hasTuple(tokens)
  );
}

const MAKES_VALUES = new Set([
  ...[
    "true",
    "false",
    "none",
    "True",
    "False",
    "None",
    "[",
    "{",
    "is",
    "not",
    "in",
    "and",
    "or",
    "split",
  ],
  ...[
    "==",
    "!=",
    "<",
    ">",
    "<=",
    ">=",
    "list",
    "map",
    "select",
    "reject",
    "loop",
    "namespace",
    "dict",
  ],
]);
const JOINING = new Set(["join", "string"]);

function isDifferent(token: Token, before: Token | undefined, isTextOnly: boolean): boolean {
  if (token.kind === "operator") return token.value === "~" && !isTextOnly;
  if (token.kind !== "name") return false;
  if (before?.value === "|")
    return token.value === "round" || (JOINING.has(token.value) && !isTextOnly);
  if (before?.value === ".")
    return ["get", "items", "keys", "values", "join"].includes(token.value);
  return false;
}

/** Whether there are parentheses around several values that are no arguments. */
function hasTuple(tokens: readonly Token[]): boolean {
  const open: boolean[] = [];
  for (const [index, token] of tokens.entries()) {
    if (token.kind === "end") {
      open.length = 0;
    } else if (token.kind === "operator") {
      const before = tokens[index - 1];
      if (token.value === "(")
        open.push(before?.kind !== "name" || ["in", "if", "is"].includes(before.value));
      else if (token.value === "[" || token.value === "{") open.push(false);
      else if (")]}".includes(token.value)) open.pop();
      else if (token.value === "," && open.at(-1) === true) return true;
    }
  }
  return false;
}

function hasSortedKeys(value: unknown): boolean {
  if (Array.isArray(value)) return value.every(hasSortedKeys);
  if (typeof value !== "object" || value === null) return true;
  const keys = Object.keys(value);
  const isSorted = keys.every(
    (key, index) => index === 0 || comparePoints(keys[index - 1] ?? "", key) < 0,
  );
  return isSorted && Object.values(value).every(hasSortedKeys);
}
