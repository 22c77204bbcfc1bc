import type { TemplatePart } from "../editor/content";
import { type Renderer, RenderFailure } from "./renderer";

/** A piece of a rendered message: `variable` names whose value it is, or stands for. */
export type Piece = { text: string; variable: string | null; isMissing: boolean };
export type PreviewMessage =
  { kind: "message"; role: string; text: string; pieces: Piece[] } | { kind: "placeholder" };

export type Rendering =
  | { kind: "rendered"; messages: PreviewMessage[] }
  | { kind: "failed"; part: number; sentence: string; isUnfilled: boolean };

// Noncharacters (Unicode 16, section 23.7): nobody writes them, so they can mark where a value is.
const OPEN = "\ufdd2";
const CLOSE = "\ufdd3";
const MARKED = /\ufdd2([^\ufdd3\ufdd4]*)\ufdd4([^\ufdd2\ufdd3]*)\ufdd3/g;
const PARTING = "\ufdd4";

/**
 * The parts as they would be sent. Where a value landed is found by rendering a second time with
 * the values between marks: if that is the same text but for the marks, their places are right; if
 * the template does more with a value than print it, the message has no colours.
 */
export function renderParts(
  renderer: Renderer,
  parts: readonly TemplatePart[],
  given: Readonly<Record<string, unknown>>,
  unfilled: readonly string[],
): Rendering {
  const missing = new Set(unfilled);
  const plain: Record<string, unknown> = { ...given };
  for (const name of unfilled) plain[name] = `{{ ${name} }}`;
  const marked: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(plain)) {
    marked[name] = typeof value === "string" ? `${OPEN}${name}${PARTING}${value}${CLOSE}` : value;
  }
  const messages: PreviewMessage[] = [];
  for (const [index, part] of parts.entries()) {
    if ("placeholder" in part) {
      messages.push({ kind: "placeholder" });
      continue;
    }
    try {
      const text = renderer.render(part.content, plain);
      const pieces = piecesOf(text, tryRender(renderer, part.content, marked), missing);
      messages.push({ kind: "message", role: part.role, text, pieces });
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
  return { kind: "rendered", messages };
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
  const pieces: Piece[] = [];
  const add = (piece: string, variable: string | null) => {
    if (piece !== "") {
      pieces.push({ text: piece, variable, isMissing: variable !== null && missing.has(variable) });
    }
  };
  if (marked === null) {
    add(text, null);
    return pieces;
  }
  let position = 0;
  for (const match of marked.matchAll(MARKED)) {
    add(marked.slice(position, match.index), null);
    add(match[2] ?? "", match[1] ?? "");
    position = match.index + match[0].length;
  }
  add(marked.slice(position), null);
  const isSame = pieces.map((piece) => piece.text).join("") === text;
  return isSame ? pieces : [{ text, variable: null, isMissing: false }];
}
