import { pieces } from "./pieces";

export type Encoding = "o200k_base" | "cl100k_base";
export type CountedMessage = Record<string, unknown>;
type CountText = (text: string) => number;

const PER_MESSAGE = 3;
const PER_NAME = 1;
const BEFORE_ANSWER = 3;

/** The input tokens of a chat, summed as the server's count_input_tokens does. */
export function countChat(messages: readonly CountedMessage[], countText: CountText): number {
  let tokens = BEFORE_ANSWER;
  for (const message of messages) {
    tokens += PER_MESSAGE;
    for (const [name, value] of Object.entries(message)) {
      if (value === null || value === undefined) continue;
      if (name === "name") tokens += PER_NAME;
      const text = typeof value === "string" ? value : pythonJson(value);
      for (const piece of pieces(text)) tokens += countText(piece);
    }
  }
  return tokens;
}

/** JSON with the spaces that Python writes behind `,` and `:`. */
function pythonJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(pythonJson).join(", ")}]`;
  if (typeof value === "object" && value !== null) {
    const pairs = Object.entries(value).map(
      ([key, part]) => `${JSON.stringify(key)}: ${pythonJson(part)}`,
    );
    return `{${pairs.join(", ")}}`;
  }
  return JSON.stringify(value);
}

/**
 * A guess without the encoding, for text that would take too long: four letters a token, and each
 * wide character about one.
 */
export function estimateChat(messages: readonly CountedMessage[]): number {
  let tokens = BEFORE_ANSWER;
  for (const message of messages) {
    tokens += PER_MESSAGE + 1;
    for (const [name, value] of Object.entries(message)) {
      if (name === "role" || value === null || value === undefined) continue;
      const text = typeof value === "string" ? value : pythonJson(value);
      const wide = text.replaceAll(/[\u0000-\u2fff]/g, "").length;
      tokens += Math.ceil((text.length - wide) / 4 + wide);
    }
  }
  return tokens;
}
