import { readFileSync } from "node:fs";
import path from "node:path";

import { describe, expect, it } from "vitest";

import {
  compilePromptSchema,
  needsCode,
  type PromptSchema,
  type TemplateMessage,
} from "./prompt-schema";

type Vector = {
  name: string;
  structure: Partial<PromptSchema>;
  messages?: TemplateMessage[];
  error?: string;
};
const file = path.resolve(import.meta.dirname, "../../../../../tests/vectors/prompt_schema.json");
const vectors = JSON.parse(readFileSync(file, "utf8")) as Vector[];
const EMPTY: PromptSchema = { role: "", task: "", context: "", constraints: [], few_shot: [] };

describe("the shared vectors", () => {
  it.each(vectors)("$name", ({ structure, messages }) => {
    expect(compilePromptSchema({ ...EMPTY, ...structure })).toEqual(messages ?? []);
  });
});

describe("needsCode", () => {
  it.each(["{{ a }}", "plain", "{ }", "{{{x}}}", "{{}}", "f(x) { return {}; }"])(
    "%s stays a form",
    (text) => {
      expect(needsCode(text)).toBe(false);
    },
  );
  it.each(["{{ a|upper }}", "{% if a %}b{% endif %}", "{# note #}", "{{ a.b }}"])(
    "%s is code",
    (text) => {
      expect(needsCode(text)).toBe(true);
    },
  );
});
