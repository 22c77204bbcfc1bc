import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";

import { createTranslator } from "use-intl";
import { describe, expect, it } from "vitest";

type Tree = { [key: string]: string | Tree };
const FOLDER = path.resolve(import.meta.dirname, "../../../messages");
const areas = readdirSync(path.join(FOLDER, "en"));

function read(locale: string, area: string): Tree {
  return JSON.parse(readFileSync(path.join(FOLDER, locale, area), "utf8")) as Tree;
}

function flat(tree: Tree, before = ""): Map<string, string> {
  const found = new Map<string, string>();
  for (const [key, value] of Object.entries(tree)) {
    if (typeof value === "string") found.set(before + key, value);
    else for (const [path, text] of flat(value, `${before}${key}.`)) found.set(path, text);
  }
  return found;
}

/** The names that a message fills in, without what is quoted. */
function names(text: string): string[] {
  const plain = text.replaceAll(/'\{[^']*'/g, "");
  return [...plain.matchAll(/\{(\w+)/g)].map((match) => match[1] ?? "").sort();
}

it("has the same areas in both languages", () => {
  expect(readdirSync(path.join(FOLDER, "zh-CN"))).toEqual(areas);
});

describe.each(areas)("%s", (area) => {
  const english = flat(read("en", area));
  const chinese = flat(read("zh-CN", area));

  it("has every key in both languages", () => {
    expect([...chinese.keys()].sort()).toEqual([...english.keys()].sort());
  });

  it("fills in the same names", () => {
    for (const [key, text] of english)
      expect([key, names(chinese.get(key) ?? "")]).toEqual([key, names(text)]);
  });

  it("has no message that cannot be read, and none that is empty", () => {
    for (const [locale, tree] of [
      ["en", read("en", area)],
      ["zh-CN", read("zh-CN", area)],
    ] as const) {
      const failures: string[] = [];
      const words = createTranslator({
        locale,
        messages: tree,
        onError: (error) => failures.push(error.message),
      }) as unknown as (key: string, values: Record<string, string>) => string;
      for (const [key, text] of flat(tree)) {
        const values = Object.fromEntries(names(text).map((name) => [name, "1"]));
        expect(words(key, values).trim()).not.toBe("");
      }
      expect(failures).toEqual([]);
    }
  });
});
