import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";

import { initSync } from "minijinja-js/dist/web";
import { beforeAll, describe, expect, it } from "vitest";

import { isExact } from "./exactness";
import { printSimply } from "./printing";
import { RenderFailure } from "./render-failure";
import { MiniJinja } from "./renderer";

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

describe("what is put together without the engine", () => {
  const simple = rendered.filter(({ template, variables }) => {
    try {
      return printSimply(template, variables) !== null;
    } catch {
      return false;
    }
  });
  it("is some of the vectors", () => {
    expect(simple.length).toBeGreaterThan(5);
  });

  it.each(simple)("$name", ({ template, variables, output }) => {
    const parts = printSimply(template, variables) ?? [];
    expect(parts.map(({ text }) => text).join("")).toBe(output);
  });

  const values = { a: "one\r\n", b: "{{ two }}", 名: "三", empty: "" };
  it.each([
    "{{ a }}{{b}} and {{ 名 }}\n",
    "{% if a is defined %}{{ a }}{% else %}no{% endif %}{% if x is not defined %}!{% endif %}",
    "{% if x is defined %}x{% elif b is defined %}{% if x is defined %}y{% endif %}{{ b }}{% endif %}",
    "{# a note #}{{ empty }}\n\n{ {b} }",
  ])("%s is what the engine prints", (template) => {
    const parts = printSimply(template, values) ?? [];
    expect(parts.map(({ text }) => text).join("")).toBe(new MiniJinja().render(template, values));
  });

  it.each([
    "{{- a }}",
    "{{ a -}} x",
    "a {#- note #}",
    "{% raw %}{{ a }}{% endraw %}",
    "{{ a|upper }}",
    "{{ a.b }}",
    "{{ x }}",
    "{{ true }}",
    "{% if a %}{{ a }}{% endif %}",
    "{% if a is defined -%} x{% endif %}",
    "{% if range is defined %}there{% else %}not there{% endif %}",
    "{% for a in b %}{{ a }}{% endfor %}",
    "{% set a = b %}{{ a }}",
  ])("leaves %s to the engine", (template) => {
    expect(printSimply(template, values)).toBeNull();
  });
});

it("says of ordinary prompts that they are exact", () => {
  expect(isExact("Dear {{ name }},\n{{ text|trim|upper }}", { name: "Ada", text: "x" })).toBe(true);
  expect(isExact("{% for x in xs %}- {{ x }}\n{% endfor %}", { xs: ["a", 1, null] })).toBe(true);
  expect(isExact("{% if n > 2 %}{{ n }}{% endif %}", { n: 3 })).toBe(true);
});
