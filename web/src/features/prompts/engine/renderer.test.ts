import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";

import { initSync } from "minijinja-js/dist/web";
import { beforeAll, describe, expect, it } from "vitest";

import { isExact } from "./exactness";
import { MiniJinja, RenderFailure } from "./renderer";

type Vector = {
  name: string;
  template: string;
  variables: Record<string, unknown>;
  output?: string;
  error?: string;
  /** Why a browser renders it otherwise, by a word of docs/explanation/rendering.md. */
  browser?: string;
};
const file = path.resolve(import.meta.dirname, "../../../../../tests/vectors/render.json");
const vectors = JSON.parse(readFileSync(file, "utf8")) as Vector[];
const rendered = vectors.filter((vector) => vector.output !== undefined);

beforeAll(() => {
  const wasm = createRequire(import.meta.url).resolve("minijinja-js/dist/web/minijinja_js_bg.wasm");
  initSync({ module: readFileSync(wasm) });
});

describe("the shared vectors, byte for byte", () => {
  it.each(rendered.filter(({ browser }) => browser === undefined))(
    "$name",
    ({ template, variables, output }) => {
      expect(new MiniJinja().render(template, variables)).toBe(output);
    },
  );

  // Numbers are left out: a browser has others from the start, and sends those.
  it.each(rendered.filter(({ browser }) => browser !== undefined && browser !== "numbers"))(
    "$name is known to be different",
    ({ template, variables }) => {
      expect(isExact(template, variables)).toBe(false);
    },
  );

  it.each(vectors.filter(({ error }) => error === "template_render_failed"))(
    "$name fails",
    ({ template, variables }) => {
      expect(() => new MiniJinja().render(template, variables)).toThrow(RenderFailure);
    },
  );
});

it("says of ordinary prompts that they are exact", () => {
  expect(isExact("Dear {{ name }},\n{{ text|trim|upper }}", { name: "Ada", text: "x" })).toBe(true);
  expect(isExact("{% for x in xs %}- {{ x }}\n{% endfor %}", { xs: ["a", 1, null] })).toBe(true);
  expect(isExact("{% if n > 2 %}{{ n }}{% endif %}", { n: 3 })).toBe(true);
});
