import { describe, expect, it } from "vitest";

import { parseValues, readValue, readValues, toValue, withType } from "./values";

describe("readValue", () => {
  it("sends nothing for a field that was not filled in", () => {
    expect(readValue({ type: "text", text: "" })).toEqual({ kind: "unset" });
    expect(readValue({ type: "json", text: "  " })).toEqual({ kind: "unset" });
  });

  it("keeps a text as it stands", () => {
    expect(readValue({ type: "text", text: " 12 " })).toEqual({ kind: "value", value: " 12 " });
  });

  it.each(["", "1,5", "0x10", "--1", "1 2"])("does not guess the number %j", (text) => {
    expect(readValue({ type: "number", text }).kind).toBe(text === "" ? "unset" : "invalid");
  });

  it("reads JSON, an empty text included", () => {
    expect(readValue({ type: "json", text: '""' })).toEqual({ kind: "value", value: "" });
    expect(readValue({ type: "json", text: "[1," })).toEqual({ kind: "invalid" });
  });
});

it("names what cannot be read", () => {
  const values = {
    a: { type: "number", text: "x" },
    b: { type: "boolean", text: "true" },
  } as const;
  expect(readValues(["a", "b", "c"], values)).toEqual({ variables: { b: true }, invalid: ["a"] });
});

it("takes a pasted object", () => {
  expect(parseValues('{"a": "x", "n": 2, "l": [1], "e": "", "t": true}')).toEqual({
    a: { type: "text", text: "x" },
    n: { type: "number", text: "2" },
    l: { type: "json", text: "[\n  1\n]" },
    e: { type: "json", text: '""' },
    t: { type: "boolean", text: "true" },
  });
  expect(parseValues("[1]")).toBeNull();
  expect(parseValues("{")).toBeNull();
});

it("gives back what it was given", () => {
  for (const value of ["x", "", 1.5, false, null, { a: [1, "b"] }]) {
    expect(readValue(toValue(value))).toEqual({ kind: "value", value });
  }
});

it("changes the type without a loss", () => {
  const json = withType({ type: "text", text: 'say "hi"' }, "json");
  expect(readValue(json)).toEqual({ kind: "value", value: 'say "hi"' });
  expect(withType(json, "text")).toEqual({ type: "text", text: 'say "hi"' });
});
