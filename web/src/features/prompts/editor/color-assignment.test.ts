import { expect, it } from "vitest";

import { VariableColors } from "./color-assignment";

it("keeps the colour of a variable whichever come and go beside it", () => {
  const colors = new VariableColors();
  const names = ["sentences", "text"];
  const before = names.map((name) => colors.of(name, names));
  const more = ["sentences", "tone", "mood", "text"];
  for (const name of more) colors.of(name, more);
  expect(names.map((name) => colors.of(name, more))).toEqual(before);
});

it("gives eight variables eight colours", () => {
  const colors = new VariableColors();
  const names = ["a", "b", "c", "d", "e", "f", "g", "h"];
  expect(new Set(names.map((name) => colors.of(name, names))).size).toBe(8);
});
