import { readFileSync } from "node:fs";
import path from "node:path";

import { beforeAll, describe, expect, it } from "vitest";

import { countChat, type CountedMessage, type Encoding, estimateChat } from "./chat-count";
import { loadCounter, type TextCounter } from "./encodings";
import { pieces, stretches } from "./pieces";

type Counts = Record<Encoding, number>;
type Vectors = {
  texts: ({ name: string; text: string; times?: number } & Counts)[];
  chats: ({ name: string; messages: CountedMessage[] } & Counts)[];
};
const file = path.resolve(import.meta.dirname, "../../../../../../tests/vectors/tokens.json");
const { texts, chats } = JSON.parse(readFileSync(file, "utf8")) as Vectors;

describe.each<Encoding>(["o200k_base", "cl100k_base"])("%s", (encoding) => {
  let count: TextCounter;
  beforeAll(async () => {
    count = await loadCounter(encoding);
  });

  it.each(texts)("$name", ({ text, times = 1, ...counts }) => {
    let sum = 0;
    for (const piece of pieces(text.repeat(times))) sum += count(piece);
    expect(sum).toBe(counts[encoding]);
  });

  it.each(texts)("$name, stretch by stretch", ({ text, times = 1, ...counts }) => {
    let sum = 0;
    for (const piece of pieces(text.repeat(times)))
      for (const stretch of stretches(piece, 1)) sum += count(stretch);
    expect(sum).toBe(counts[encoding]);
  });

  it.each(chats)("$name", ({ messages, ...counts }) => {
    expect(countChat(messages, count)).toBe(counts[encoding]);
  });
});

it("counts a text anew only where it changed", () => {
  const line = "Some words of a line that is long enough to count.\n";
  const before = [...stretches(line.repeat(200))];
  const after = new Set(stretches(`${line.repeat(100)}x${line.repeat(100)}`));
  expect(before.length).toBeGreaterThan(5);
  expect(before.filter((stretch) => !after.has(stretch)).length).toBeLessThan(3);
  expect(before.join("")).toBe(line.repeat(200));
});

it("keeps the whole text in its pieces", () => {
  const text = `${"word and word ".repeat(6000)}😀${"中文字".repeat(30_000)}`;
  expect([...pieces(text)].join("")).toBe(text);
});

it("estimates within a factor of three", () => {
  for (const { text, times = 1, o200k_base: exact } of texts) {
    if (exact < 50) continue;
    const estimate = estimateChat([{ role: "user", content: text.repeat(times) }]);
    expect(estimate / exact).toBeGreaterThan(1 / 3);
  }
});
