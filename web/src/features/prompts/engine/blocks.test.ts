import { describe, expect, it } from "vitest";

import { type Block, blocksOf, type Piece } from "./blocks";

function piece(text: string, variable: string | null = null): Piece {
  return { text, variable, isMissing: false };
}

function textOf(blocks: readonly Block[]): string {
  return blocks.flatMap((block) => block.pieces.map(({ text }) => text)).join("");
}

const LINES = Array.from({ length: 400 }, (_, number) => `${number} a line of a long text\n`);

function message(lines: readonly string[]): Piece[] {
  return lines.flatMap((line, index) =>
    index % 3 === 0 ? [piece("for "), piece(`Ada\n`, "name"), piece(line)] : [piece(line)],
  );
}

describe("the blocks of a message", () => {
  it("hold its text, and end with a line", () => {
    const blocks = blocksOf(message(LINES), []);
    expect(textOf(blocks)).toBe(textOf([{ key: 0, pieces: message(LINES) }]));
    expect(blocks.length).toBeGreaterThan(3);
    for (const { pieces } of blocks) expect(pieces.at(-1)?.text.endsWith("\n")).toBe(true);
  });

  it("keep a line without an end in one block", () => {
    expect(blocksOf([piece("x".repeat(9000))], [])).toHaveLength(1);
  });

  it.each([
    ["a letter is typed", (lines: string[]) => lines.with(200, "20x0 a line of a long text\n")],
    ["a line is typed", (lines: string[]) => lines.toSpliced(200, 0, "new\n")],
    ["a line is taken out", (lines: string[]) => lines.toSpliced(200, 1)],
    ["two lines become one", (lines: string[]) => lines.with(199, "199 and")],
    ["the first letter is typed", (lines: string[]) => lines.with(0, "x")],
    ["the end is typed", (lines: string[]) => [...lines, "more"]],
    ["all is taken out", () => []],
    [
      "a line is there twice",
      (lines: string[]) => lines.toSpliced(200, 0, ...lines.slice(100, 200)),
    ],
  ])("are kept but for those that changed when %s", (_, change) => {
    const before = blocksOf(message(LINES), []);
    const pieces = message(change([...LINES]));
    const after = blocksOf(pieces, before);
    expect(textOf(after)).toBe(textOf([{ key: 0, pieces }]));
    expect(new Set(after.map(({ key }) => key)).size).toBe(after.length);
    for (const block of after.slice(0, -1))
      expect(block.pieces.at(-1)?.text.endsWith("\n")).toBe(true);
  });

  it("are the same objects around a key stroke", () => {
    const before = blocksOf([piece(LINES.join(""))], []);
    const after = blocksOf([piece(LINES.with(200, "2x00 a line\n").join(""))], before);
    expect(after.filter((block) => !before.includes(block))).toHaveLength(1);
  });

  it("are drawn anew where a value is another variable's", () => {
    const before = blocksOf([piece("Ada\n", "name")], []);
    expect(blocksOf([piece("Ada\n", "other")], before)[0]).not.toBe(before[0]);
  });
});
