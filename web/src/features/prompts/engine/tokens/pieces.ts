/**
 * A text in pieces of bounded length, cut where the server cuts (providers/tokens.py): at a seam
 * between two words where there is one. Lengths are Unicode code points, as Python counts them.
 */
const PIECE = 32 * 1024;
const SEAM = /[a-z](?= [a-z])/;

export function* pieces(text: string): Generator<string> {
  // Where no character takes two units, one slice is enough.
  if (!/[\ud800-\udbff]/.test(text)) {
    yield* cut(text, text.length, (start, end) => text.slice(start, end));
    return;
  }
  const points = [...text];
  yield* cut(text, points.length, (start, end) => points.slice(start, end).join(""));
}

function* cut(
  text: string,
  length: number,
  slice: (start: number, end: number) => string,
): Generator<string> {
  let position = 0;
  while (length - position > PIECE) {
    const half = position + PIECE / 2;
    // The letter before the seam may be the last one of the first half.
    const window = slice(half - 1, position + PIECE);
    const seam = SEAM.exec(window);
    const end = seam === null ? position + PIECE : half + [...window.slice(0, seam.index)].length;
    yield slice(position, end);
    position = end;
  }
  yield position === 0 ? text : slice(position, length);
}

// At these places no token of either encoding goes on: behind the end of a line that is not followed
// by space or a slash, and between a small letter and a word. U+0085 is space to tiktoken.
const ANY_SEAM = /\n(?=[^\s\u0085/])|[a-z](?= [a-z])/g;

/**
 * A piece in stretches of at least so many UTF-16 units whose tokens add up to those of the piece.
 * After a key stroke all but one or two of them are as they were.
 */
export function* stretches(piece: string, least = 1024): Generator<string> {
  let start = 0;
  for (;;) {
    ANY_SEAM.lastIndex = start + least;
    const seam = ANY_SEAM.exec(piece);
    if (seam === null) break;
    yield piece.slice(start, seam.index + 1);
    start = seam.index + 1;
  }
  if (start < piece.length) yield piece.slice(start);
}
