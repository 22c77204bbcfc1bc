import { TemplateFault } from "./template-fault";

/**
 * Reads a template as Jinja2's lexer does: text, tags, and the tokens in them. Comments and raw
 * blocks hold none. See jinja2/lexer.py; `tokens` of a tag end with one of kind "end".
 */
export type TokenKind = "name" | "string" | "number" | "operator" | "end";
export type Token = { kind: TokenKind; value: string; start: number; end: number };
export type Segment =
  | { kind: "text"; start: number; end: number }
  | { kind: "output"; start: number; end: number; tokens: Token[] }
  | { kind: "tag"; start: number; end: number; tokens: Token[] };

const OPENING = /\{\{|\{%|\{#/g;
const RAW_START = /\{%[-+]?\s*raw\s*-?%\}/y;
const RAW_END = /\{%[-+]?\s*endraw\s*[-+]?%\}/g;
const SPACE = /\s+/y;
const NAME = /[\p{ID_Start}_][\p{ID_Continue}]*/uy;
const NUMBER = /\d+(?:_\d+)*(?:\.\d+(?:_\d+)*)?(?:[eE][+-]?\d+)?/y;
const STRING = /'(?:[^'\\]|\\[^])*'|"(?:[^"\\]|\\[^])*"/y;
const OPERATOR = /\/\/|\*\*|==|!=|>=|<=|[-+/*%~[\](){}><=.:|,;]/y;
const TOKENS: readonly [TokenKind, RegExp][] = [
  ["name", NAME],
  ["number", NUMBER],
  ["string", STRING],
  ["operator", OPERATOR],
];
const CLOSING: Record<string, string> = { "(": ")", "[": "]", "{": "}" };

function matchAt(pattern: RegExp, source: string, at: number): string | null {
  pattern.lastIndex = at;
  return pattern.exec(source)?.[0] ?? null;
}

const REMEMBERED = 16;
const remembered = new Map<string, readonly Segment[]>();

/**
 * The segments of a template in order. Throws TemplateFault. The newest templates are remembered:
 * after a key stroke variables, colours and the preview all ask for the same one.
 */
export function readSegments(source: string): readonly Segment[] {
  const known = remembered.get(source);
  if (known !== undefined) return known;
  const segments = segmentsOf(source);
  const [oldest] = remembered.keys();
  if (remembered.size >= REMEMBERED && oldest !== undefined) remembered.delete(oldest);
  remembered.set(source, segments);
  return segments;
}

function segmentsOf(source: string): Segment[] {
  const segments: Segment[] = [];
  let at = 0;
  while (at < source.length) {
    OPENING.lastIndex = at;
    const opening = OPENING.exec(source);
    const start = opening?.index ?? source.length;
    if (start > at) segments.push({ kind: "text", start: at, end: start });
    if (opening === null) break;
    at = opening[0] === "{#" ? commentEnd(source, start) : tagEnd(source, start, segments);
  }
  return segments;
}

function commentEnd(source: string, start: number): number {
  const end = source.indexOf("#}", start + 2);
  if (end === -1) throw new TemplateFault("syntax", "unclosedComment", start, start + 2);
  return end + 2;
}

function tagEnd(source: string, start: number, segments: Segment[]): number {
  const raw = matchAt(RAW_START, source, start);
  if (raw !== null) {
    RAW_END.lastIndex = start + raw.length;
    const ending = RAW_END.exec(source);
    if (ending === null)
      throw new TemplateFault("syntax", "unclosedRaw", start, start + raw.length);
    if (ending.index > start + raw.length) {
      segments.push({ kind: "text", start: start + raw.length, end: ending.index });
    }
    return ending.index + ending[0].length;
  }
  const isOutput = source.startsWith("{{", start);
  const { tokens, end } = readTag(source, start, isOutput ? "}}" : "%}");
  segments.push({ kind: isOutput ? "output" : "tag", start, end, tokens });
  return end;
}

function readTag(source: string, start: number, closing: string): { tokens: Token[]; end: number } {
  const tokens: Token[] = [];
  const open: string[] = [];
  let at = start + 2;
  if (source[at] === "-" || source[at] === "+") at += 1;
  for (;;) {
    at += matchAt(SPACE, source, at)?.length ?? 0;
    if (at >= source.length) throw new TemplateFault("syntax", "unclosedTag", start, start + 2);
    const end = open.length === 0 ? endsAt(source, at, closing) : 0;
    if (end > 0) {
      tokens.push({ kind: "end", value: closing, start: at, end });
      return { tokens, end };
    }
    const token = readToken(source, at);
    const closer = CLOSING[token.value];
    if (token.kind === "operator") {
      if (closer !== undefined) open.push(closer);
      else if (")]}".includes(token.value) && open.pop() !== token.value) {
        throw new TemplateFault("syntax", "unexpected", token.start, token.end, token.value);
      }
    }
    tokens.push(token);
    at = token.end;
  }
}

function endsAt(source: string, at: number, closing: string): number {
  if (source.startsWith(closing, at)) return at + 2;
  const hasSign = source[at] === "-" || source[at] === "+";
  return hasSign && source.startsWith(closing, at + 1) ? at + 3 : 0;
}

function readToken(source: string, at: number): Token {
  for (const [kind, pattern] of TOKENS) {
    const value = matchAt(pattern, source, at);
    if (value !== null) return { kind, value, start: at, end: at + value.length };
  }
  const isQuote = source[at] === "'" || source[at] === '"';
  throw new TemplateFault(
    "syntax",
    isQuote ? "unclosedText" : "unexpected",
    at,
    at + 1,
    source[at] ?? "",
  );
}
