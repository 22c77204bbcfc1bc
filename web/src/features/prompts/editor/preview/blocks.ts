import type { Piece } from "../../engine/preview";

export type PreviewBlock = { id: string; pieces: Piece[] };

const BLOCK = 2000;

/**
 * The pieces of a message in blocks of about 2,000 characters, so that a key stroke in a long text
 * draws one of them. `id` is equal for blocks that look alike.
 */
export function blocksOf(pieces: readonly Piece[]): PreviewBlock[] {
  const blocks: Piece[][] = [[]];
  let size = 0;
  for (const piece of pieces) {
    for (const part of partsOf(piece)) {
      if (size >= BLOCK) {
        blocks.push([]);
        size = 0;
      }
      blocks.at(-1)?.push(part);
      size += part.text.length;
    }
  }
  return blocks.map((block) => ({
    id: block
      .map(
        ({ text, variable, isMissing }) =>
          `${variable ?? ""}\u0000${isMissing ? 1 : 0}\u0000${text}`,
      )
      .join("\u0001"),
    pieces: block,
  }));
}

function partsOf(piece: Piece): Piece[] {
  if (piece.text.length <= BLOCK) return [piece];
  const parts: Piece[] = [];
  let start = 0;
  while (start < piece.text.length) {
    let end = start + BLOCK;
    // At the end of a line where there is one near, and never inside of a pair of surrogates.
    const line = piece.text.indexOf("\n", end - BLOCK / 4);
    if (line !== -1 && line < end) end = line + 1;
    const unit = piece.text.charCodeAt(end - 1);
    if (unit >= 0xd800 && unit <= 0xdbff) end += 1;
    parts.push({ ...piece, text: piece.text.slice(start, end) });
    start = end;
  }
  return parts;
}
