import { expect, it } from "vitest";

import { addFragments } from "./tool-calls";

it("puts the fragments of several calls together", () => {
  const chunks = [
    [{ index: 0, id: "a", type: "function", function: { name: "look", arguments: "" } }],
    [{ index: 0, function: { arguments: '{"q":' } }],
    [{ index: 1, id: "b", type: "function", function: { name: "add", arguments: "{}" } }],
    [{ index: 0, function: { arguments: '"x"}' } }],
  ];
  expect(chunks.reduce<unknown[]>((calls, chunk) => addFragments(calls, chunk), [])).toEqual([
    { id: "a", type: "function", function: { name: "look", arguments: '{"q":"x"}' } },
    { id: "b", type: "function", function: { name: "add", arguments: "{}" } },
  ]);
});
