import { readFileSync } from "node:fs";
import path from "node:path";

import { describe, expect, it } from "vitest";

import { TemplateFault } from "./template-fault";
import { analyseTemplate, mergeVariables } from "./variables";

type Vector = {
  name: string;
  template: string;
  variables?: string[];
  required?: string[];
  error?: string;
};
const file = path.resolve(
  import.meta.dirname,
  "../../../../../tests/vectors/template_variables.json",
);
const vectors = JSON.parse(readFileSync(file, "utf8")) as Vector[];
// Only the server weighs how far a template can grow. It puts snippets in before it reads a template.
const SERVER_ONLY = new Set(["list growth", "include"]);
const KINDS = { template_syntax: "syntax", template_unsupported: "unsupported" } as const;

function faultOf(template: string): TemplateFault | null {
  try {
    analyseTemplate(template);
    return null;
  } catch (error) {
    if (error instanceof TemplateFault) return error;
    throw error;
  }
}

describe("the shared vectors", () => {
  it.each(vectors.filter((vector) => vector.error === undefined))("$name", (vector) => {
    const { names, required } = analyseTemplate(vector.template);
    expect(names).toEqual(vector.variables);
    expect(required).toEqual(vector.required);
  });

  it.each(vectors.filter((vector) => vector.error !== undefined && !SERVER_ONLY.has(vector.name)))(
    "$name is a fault",
    (vector) => {
      expect(faultOf(vector.template)?.kind).toBe(KINDS[vector.error as keyof typeof KINDS]);
    },
  );
});

describe("a fault", () => {
  it("stands where it is", () => {
    const fault = faultOf("Dear {{ name|nope }},");
    expect(fault?.word).toBe("unknownFilter");
    expect("Dear {{ name|nope }},".slice(fault?.start, fault?.end)).toBe("nope");
  });

  it("names the block that is not closed", () => {
    const fault = faultOf("a\n{% if b %}c");
    expect(fault?.word).toBe("unclosedBlock");
    expect(fault?.start).toBe(2);
  });

  it("is found in deep nesting without an overflow", () => {
    expect(faultOf(`{{ ${"(".repeat(50_000)}`)?.word).toBe("unclosedTag");
    expect(faultOf(`{{ ${"(".repeat(5000)}a${")".repeat(5000)} }}`)?.word).toBe("tooDeep");
    expect(faultOf(`{{ ${"not ".repeat(5000)}a }}`)?.word).toBe("tooDeep");
    expect(faultOf("{% if a %}".repeat(5000))?.word).toBe("tooDeep");
  });
});

it("names snippets", () => {
  expect(analyseTemplate('{% include "tone@1.0.0" %}{% include "rules" %}').snippets).toEqual([
    "tone@1.0.0",
    "rules",
  ]);
});

it("merges: required where one of them requires it", () => {
  const merged = mergeVariables([
    analyseTemplate("{{ a|d(1) }}{{ b }}"),
    analyseTemplate("{{ a }}{{ c }}"),
  ]);
  expect(merged).toEqual({ names: ["a", "b", "c"], required: ["a", "b", "c"], snippets: [] });
});
