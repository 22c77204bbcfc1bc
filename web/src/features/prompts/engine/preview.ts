import type { TemplatePart } from "../editor/content";
import { type Block, blocksOf, type Piece } from "./blocks";
import { type Printed, printSimply } from "./printing";
import { RenderFailure } from "./render-failure";
import type { Renderer } from "./renderer";

export type PreviewMessage =
  | { kind: "message"; role: string; text: string; blocks: readonly Block[] }
  | { kind: "placeholder" };

export type Rendering =
  | { kind: "rendered"; messages: PreviewMessage[]; isExact: boolean }
  | { kind: "failed"; part: number; sentence: string; isUnfilled: boolean };

// Noncharacters (Unicode 16, section 23.7): nobody writes them, so they can mark where a value is.
const OPEN = "\ufdd2";
const CLOSE = "\ufdd3";
const MARKED = /\ufdd2([^\ufdd3\ufdd4]*)\ufdd4([^\ufdd2\ufdd3]*)\ufdd3/g;
const PARTING = "\ufdd4";

/**
 * The parts as they would be sent; null where the engine is needed and not there yet. Where a value
 * landed is found by rendering a second time with the values between marks: if that is the same text
 * but for the marks, their places are right; if the template does more with a value than print it, the
 * message has no colours. Blocks of `before` that look alike are kept.
 */
export function renderParts(
  renderer: Renderer | null,
  parts: readonly TemplatePart[],
  given: Readonly<Record<string, unknown>>,
  unfilled: readonly string[],
  before: readonly PreviewMessage[] | null,
): Rendering | null {
  const missing = new Set(unfilled);
  const plain: Record<string, unknown> = { ...given };
  for (const name of unfilled) plain[name] = `{{ ${name} }}`;
  const messages: PreviewMessage[] = [];
  let isAllExact = true;
  for (const [index, part] of parts.entries()) {
    if ("placeholder" in part) {
      messages.push({ kind: "placeholder" });
      continue;
    }
    try {
      const simple = printSimply(part.content, plain);
      let pieces: Piece[];
      if (simple !== null) {
        pieces = simple.map((piece) => withMissing(piece, missing));
      } else if (renderer !== null) {
        pieces = render(renderer, part.content, plain, missing);
        isAllExact &&= renderer.isExact(part.content, given);
      } else {
        return null;
      }
      const text = pieces.map((piece) => piece.text).join("");
      messages.push({
        kind: "message",
        role: part.role,
        text,
        blocks: withBlocks(pieces, before?.[index]),
      });
    } catch (error) {
      if (!(error instanceof RenderFailure)) throw error;
      return {
        kind: "failed",
        part: index,
        sentence: error.message,
        isUnfilled: unfilled.length > 0,
      };
    }
  }
  return { kind: "rendered", messages, isExact: isAllExact };
}

/** The blocks of a message, those of the one that stood in its place kept where they look alike. */
export function withBlocks(
  pieces: readonly Piece[],
  before: PreviewMessage | undefined,
): readonly Block[] {
  return blocksOf(pieces, before?.kind === "message" ? before.blocks : []);
}

function withMissing({ text, variable }: Printed, missing: ReadonlySet<string>): Piece {
  return { text, variable, isMissing: variable !== null && missing.has(variable) };
}

/** Throws RenderFailure. */
function render(
  renderer: Renderer,
  template: string,
  plain: Readonly<Record<string, unknown>>,
  missing: ReadonlySet<string>,
): Piece[] {
  const marked: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(plain)) {
    marked[name] = typeof value === "string" ? `${OPEN}${name}${PARTING}${value}${CLOSE}` : value;
  }
  const text = renderer.render(template, plain);
  return piecesOf(text, tryRender(renderer, template, marked), missing);
}

function tryRender(
  renderer: Renderer,
  template: string,
  values: Record<string, unknown>,
): string | null {
  try {
    return renderer.render(template, values);
  } catch (error) {
    if (error instanceof RenderFailure) return null;
    throw error;
  }
}

function piecesOf(text: string, marked: string | null, missing: ReadonlySet<string>): Piece[] {
  const whole = text === "" ? [] : [{ text, variable: null, isMissing: false }];
  if (marked === null) return whole;
  const pieces = split(marked, missing);
  return pieces.map((piece) => piece.text).join("") === text ? pieces : whole;
}

/** The pieces of a text whose values stand between marks. */
function split(marked: string, missing: ReadonlySet<string>): Piece[] {
  const pieces: Piece[] = [];
  const add = (text: string, variable: string | null) => {
    if (text !== "") pieces.push(withMissing({ text, variable }, missing));
  };
  let position = 0;
  for (const match of marked.matchAll(MARKED)) {
    add(marked.slice(position, match.index), null);
    add(match[2] ?? "", match[1] ?? "");
    position = match.index + match[0].length;
  }
  add(marked.slice(position), null);
  return pieces;
}
