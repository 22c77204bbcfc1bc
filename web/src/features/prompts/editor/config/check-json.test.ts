import { expect, it } from "vitest";

import { checkSchema, checkTools, EXAMPLE_SCHEMA, EXAMPLE_TOOLS } from "./check-json";

it("takes what it offers as examples", () => {
  expect(checkTools(EXAMPLE_TOOLS).kind).toBe("tools");
  expect(checkSchema(EXAMPLE_SCHEMA).kind).toBe("schema");
});

it("takes an empty text for none", () => {
  expect(checkTools(" ")).toEqual({ kind: "tools", tools: [] });
  expect(checkSchema("")).toEqual({ kind: "schema", schema: null });
});

it.each([
  '[{"type": "function"}]',
  "{}",
  "[1]",
  '[{"type":"function","function":{"name":"a b"}}]',
  "[",
])("does not take %s for tools", (text) => {
  expect(checkTools(text).kind).toBe("wrong");
});

it.each([
  "[]",
  "1",
  '{"type": "text"}',
  '{"properties": {"a": 1}}',
  '{"required": "a"}',
  '{"items": {"type": 1}}',
])("does not take %s for a schema", (text) => {
  expect(checkSchema(text).kind).toBe("wrong");
});

it("says where", () => {
  const checked = checkSchema('{"type": "object", "properties": {"a": {"type": "strin"}}}');
  expect(checked).toEqual({ kind: "wrong", word: "schema", detail: 'properties.a.type: "strin"' });
});
