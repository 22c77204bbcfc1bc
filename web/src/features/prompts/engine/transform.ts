import { readSegments, type Segment, type Token } from "./lexer";

/**
 * The template as the browser's engine has to see it to print what the server prints; see
 * docs/explanation/rendering.md. Throws TemplateFault for what is no template.
 */
export function transformTemplate(source: string): string {
  let transformed = "";
  let position = 0;
  for (const segment of readSegments(source)) {
    if (segment.kind === "text") continue;
    transformed += source.slice(position, segment.start);
    transformed += segment.kind === "output" ? output(source, segment) : tag(source, segment);
    position = segment.end;
  }
  return transformed + source.slice(position);
}

/** A name of ASCII letters for any name: the engine knows no others. */
export function engineName(name: string): string {
  if (/^[A-Za-z0-9_]*$/.test(name)) return name;
  return `u_${[...name].map((character) => character.codePointAt(0)?.toString(16)).join("_")}`;
}

type Tagged = Exclude<Segment, { kind: "text" }>;

function output(source: string, segment: Tagged): string {
  const opening = /^\{\{[-+]?/.exec(source.slice(segment.start, segment.end))?.[0] ?? "{{";
  const closing = /[-+]?\}\}$/.exec(source.slice(segment.start, segment.end))?.[0] ?? "}}";
  const inner = rewritten(
    source,
    segment,
    segment.start + opening.length,
    segment.end - closing.length,
  );
  const before = opening.slice(2);
  const after = closing.slice(0, -2);
  return (
    `{%${before} set _v = (${inner}) %}` +
    "{% if _v is undefined or _v is string or _v is integer and _v is not boolean %}{{ _v }}" +
    `{% else %}{{ _v|string|_p }}{% endif ${after}%}`
  );
}

function tag(source: string, segment: Tagged): string {
  const opening = /^\{%[-+]?/.exec(source.slice(segment.start, segment.end))?.[0] ?? "{%";
  const closing = /[-+]?%\}$/.exec(source.slice(segment.start, segment.end))?.[0] ?? "%}";
  const inner = rewritten(
    source,
    segment,
    segment.start + opening.length,
    segment.end - closing.length,
  );
  return opening + inner + closing;
}

/** The text of a tag with its names and filters as the engine has them; all else stays as it is. */
function rewritten(source: string, segment: Tagged, start: number, end: number): string {
  const { tokens } = segment;
  let text = "";
  let position = start;
  for (let index = 0; index < tokens.length; index += 1) {
    const token = tokens[index];
    if (token === undefined || token.kind === "end") continue;
    const before = tokens[index - 1]?.value;
    if (token.kind === "operator" && token.value === "." && isForeign(tokens[index + 1])) {
      const name = tokens[index + 1] as Token;
      text += `${source.slice(position, token.start)}[${JSON.stringify(name.value)}]`;
      position = name.end;
      index += 1;
    } else if (token.kind === "name" && before === "|" && token.value === "tojson") {
      const call = callAt(tokens, index + 1);
      text += `${source.slice(position, token.start)}tojson|_json`;
      if (call !== null)
        text += rewritten(source, { ...segment, tokens: call.tokens }, call.start, call.end);
      position = call?.end ?? token.end;
      index += call?.tokens.length ?? 0;
    } else if (
      token.kind === "name" &&
      before === "|" &&
      (token.value === "e" || token.value === "escape")
    ) {
      text += `${source.slice(position, token.start)}string|_e`;
      position = token.end;
    } else if (isForeign(token)) {
      text += source.slice(position, token.start) + engineName(token.value);
      position = token.end;
    }
  }
  return text + source.slice(position, end);
}

function isForeign(token: Token | undefined): boolean {
  return token?.kind === "name" && engineName(token.value) !== token.value;
}

/** The tokens of a call's parentheses that begin here, or null. */
function callAt(
  tokens: readonly Token[],
  at: number,
): { tokens: Token[]; start: number; end: number } | null {
  const first = tokens[at];
  if (first?.value !== "(" || first.kind !== "operator") return null;
  let depth = 0;
  for (let index = at; index < tokens.length; index += 1) {
    const token = tokens[index];
    if (token?.kind !== "operator") continue;
    if (token.value === "(") depth += 1;
    if (token.value === ")") depth -= 1;
    if (depth === 0)
      return { tokens: tokens.slice(at, index + 1), start: first.start, end: token.end };
  }
  return null;
}
