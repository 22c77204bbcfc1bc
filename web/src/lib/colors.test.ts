import { readFileSync } from "node:fs";
import path from "node:path";

import { expect, it } from "vitest";

const css = readFileSync(path.resolve(import.meta.dirname, "../app/globals.css"), "utf8");
type Color = readonly [number, number, number];

/** The colours of this name in the order of the file: light, then dark. */
function colors(name: string): Color[] {
  return [...css.matchAll(new RegExp(`^\\s*--${name}: #([0-9a-f]{6});`, "gm"))].map(([, hex]) => {
    const value = Number.parseInt(hex ?? "", 16);
    return [value >> 16, (value >> 8) & 255, value & 255];
  });
}

/** Relative luminance and contrast ratio of WCAG 2.2. */
function luminance(color: Color): number {
  const [red, green, blue] = color.map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * (red ?? 0) + 0.7152 * (green ?? 0) + 0.0722 * (blue ?? 0);
}

function contrast(one: Color, other: Color): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

it.each([1, 2, 3, 4, 5, 6, 7, 8])("variable %i can be read on its own tint", (number) => {
  const shown = colors(`variable-${number}`);
  const surfaces = colors("surface");
  expect(shown).toHaveLength(2);
  shown.forEach((color, theme) => {
    const surface = surfaces[theme] ?? [0, 0, 0];
    const tint = surface.map((part, at) => 0.9 * part + 0.1 * (color[at] ?? 0));
    expect(contrast(color, tint as unknown as Color)).toBeGreaterThanOrEqual(4.5);
  });
});
