import { describe, expect, it } from "vitest";

import { type Names, offersAt } from "./jinja-completion";

const NAMES: Names = {
  variables: ["topic", "tone"],
  snippets: ["footer"],
  filters: ["upper"],
  tests: ["defined"],
  tags: ["if", "for"],
};

function labels(before: string, after = ""): string[] {
  return offersAt(before, after, NAMES).map(({ label }) => label);
}

describe("offersAt", () => {
  it.each(["", "Some text", "{ to", "{{ topic }} to", "{% if x %} to", "{{ topic }}"])(
    "offers nothing outside of a tag: %j",
    (before) => {
      expect(labels(before)).toEqual([]);
    },
  );

  it.each(["{{", "{{ ", "{{ to", "{{- to", "Two\n{{ a }}\n{{\n  to", "{% if ", "{% if not to"])(
    "offers variables where a value is expected: %j",
    (before) => {
      expect(labels(before)).toEqual(expect.arrayContaining(["topic", "tone"]));
    },
  );

  it.each(["{{ tone ~ to", "{{ f(to", "{{ x | d(to", "{% for a in to", "{% set a = to"])(
    "offers variables inside of an expression: %j",
    (before) => {
      expect(labels(before)).toContain("topic");
    },
  );

  it.each(["{{ topic |", "{{ topic | up", "{{ a | trim | ", "{% filter up"])(
    "offers filters and nothing else: %j",
    (before) => {
      expect(labels(before)).toEqual(["upper"]);
    },
  );

  it.each(["{% if topic is ", "{% if topic is not def"])("offers tests: %j", (before) => {
    expect(labels(before)).toEqual(["defined"]);
  });

  it("offers what begins and what ends a block at the head of a statement", () => {
    expect(labels("{% ")).toEqual(expect.arrayContaining(["if", "for", "endif", "else"]));
    expect(labels("{% ")).not.toContain("topic");
  });

  it.each(['{% include "', "{% include 'foo"])("offers snippets to include: %j", (before) => {
    expect(labels(before)).toEqual(["footer"]);
  });

  it.each(['{{ "to', "{{ topic | default('to", "{{ topic.to", "{% for to", "{% set to"])(
    "offers nothing in a text, behind a dot and for a new name: %j",
    (before) => {
      expect(labels(before)).toEqual([]);
    },
  );

  it("offers operators behind a value once a letter is there", () => {
    expect(labels("{{ topic ")).toEqual([]);
    expect(labels("{{ topic i")).toContain("if");
    expect(labels("{{ topic i")).not.toContain("topic");
  });

  it("knows what the text binds, and what it prints elsewhere", () => {
    const before = "{% for key, value in pairs %}{% set sum = 1 %}{{ ";
    expect(labels(before)).toEqual(expect.arrayContaining(["key", "value", "loop", "sum"]));
    expect(labels("{{ ", " and {{ 主题 }} and {{ size | upper }}")).toEqual(
      expect.arrayContaining(["主题", "size"]),
    );
    expect(labels("{{ ")).not.toContain("loop");
  });
});
