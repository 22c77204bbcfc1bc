/** A piece of a rendered message: `variable` names whose value it is, or stands for. */
export type Piece = { text: string; variable: string | null; isMissing: boolean };

/** Whole lines of a message, about 2,000 characters; `key` stays while they look alike. */
export type Block = { key: number; pieces: readonly Piece[] };

const LEAST = 2000;

let last = 0;

/** A place in the pieces: before this character of this piece. */
type Place = { piece: number; offset: number };

/**
 * The pieces of a message in blocks that end with a line. Those of `before` whose lines stand at the
 * beginning or at the end are the same objects again: a key stroke in a long text makes one anew.
 */
export function blocksOf(pieces: readonly Piece[], before: readonly Block[]): readonly Block[] {
  const head: Block[] = [];
  let from: Place = { piece: 0, offset: 0 };
  for (const block of before) {
    const next = endsLine(block.pieces) ? passed(pieces, from, block) : null;
    if (next === null) break;
    head.push(block);
    from = next;
  }
  const tail: Block[] = [];
  let to: Place = { piece: pieces.length, offset: 0 };
  for (let index = before.length - 1; index >= head.length; index -= 1) {
    const block = before[index];
    const next = block === undefined ? null : passedBackwards(pieces, from, to, block);
    if (block === undefined || next === null) break;
    tail.unshift(block);
    to = next;
  }
  let middle = between(pieces, from, to);
  // What comes before a block has to end its line: the block begins one.
  while (tail.length > 0 && middle.length > 0 && !endsLine(middle)) {
    middle = [...middle, ...(tail.shift()?.pieces ?? [])];
  }
  return [...head, ...cut(middle), ...tail];
}

function endsLine(pieces: readonly Piece[]): boolean {
  return pieces.at(-1)?.text.endsWith("\n") ?? true;
}

function isAlike(one: Piece, other: Piece): boolean {
  return one.variable === other.variable && one.isMissing === other.isMissing;
}

/** Where the block ends that stands at this place, or null where it does not stand there. */
function passed(pieces: readonly Piece[], from: Place, { pieces: wanted }: Block): Place | null {
  let { piece, offset } = from;
  for (const part of wanted) {
    const found = pieces[piece];
    if (found === undefined || !isAlike(found, part) || !found.text.startsWith(part.text, offset))
      return null;
    offset += part.text.length;
    if (offset === found.text.length) {
      piece += 1;
      offset = 0;
    }
  }
  return { piece, offset };
}

/** Where the block begins that ends at this place, behind `from`, or null where there is none. */
function passedBackwards(
  pieces: readonly Piece[],
  from: Place,
  to: Place,
  { pieces: wanted }: Block,
): Place | null {
  let { piece, offset } = to;
  for (const part of wanted.toReversed()) {
    if (offset === 0) {
      piece -= 1;
      offset = pieces[piece]?.text.length ?? 0;
    }
    const found = pieces[piece];
    const start = offset - part.text.length;
    const isBehind = piece > from.piece || (piece === from.piece && start >= from.offset);
    if (found === undefined || !isBehind || !isAlike(found, part)) return null;
    if (start < 0 || !found.text.startsWith(part.text, start)) return null;
    offset = start;
  }
  return { piece, offset };
}

function between(pieces: readonly Piece[], from: Place, to: Place): Piece[] {
  const found: Piece[] = [];
  for (let index = from.piece; index <= to.piece; index += 1) {
    const piece = pieces[index];
    if (piece === undefined) break;
    const start = index === from.piece ? from.offset : 0;
    const end = index === to.piece ? to.offset : piece.text.length;
    if (end > start) found.push({ ...piece, text: piece.text.slice(start, end) });
  }
  return found;
}

function cut(pieces: readonly Piece[]): Block[] {
  const blocks: Block[] = [];
  let open: Piece[] = [];
  let size = 0;
  const close = () => {
    last += 1;
    if (open.length > 0) blocks.push({ key: last, pieces: open });
    open = [];
    size = 0;
  };
  for (const piece of pieces) {
    let start = 0;
    while (start < piece.text.length) {
      const line = piece.text.indexOf("\n", Math.max(start, start + LEAST - size - 1));
      const end = line === -1 ? piece.text.length : line + 1;
      open.push({ ...piece, text: piece.text.slice(start, end) });
      size += end - start;
      start = end;
      if (line !== -1) close();
    }
  }
  close();
  return blocks;
}
