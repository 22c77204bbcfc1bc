import { expect, it } from "vitest";

import { bodyOfPrice, priceForm, type PriceValues, statesOf } from "./price-values";
import type { Price } from "./prices-api";

const VALUES: PriceValues = {
  provider: "openai",
  model: "gpt-4o",
  isUnknown: false,
  input: "2.5",
  output: "10",
  cachedInput: "",
  reasoning: "",
  startsOn: "",
};

function problems(part: Partial<PriceValues>): string[] {
  const read = priceForm.safeParse({ ...VALUES, ...part });
  return read.success ? [] : read.error.issues.map(({ path }) => path.join("."));
}

it("takes decimals as the API does", () => {
  expect(problems({})).toEqual([]);
  expect(problems({ input: "0", cachedInput: "0.000000000001" })).toEqual([]);
  for (const input of ["", "-1", "1,5", "1e3", "12345678", "."])
    expect(problems({ input })).toEqual(["input"]);
  expect(problems({ model: "two words" })).toEqual(["model"]);
});

it("asks for no rate of a price that is unknown, and never sends 0 for it", () => {
  expect(problems({ isUnknown: true, input: "x" })).toEqual([]);
  const { prices } = bodyOfPrice({ ...VALUES, isUnknown: true });
  expect(prices).toEqual({ input: null, output: null, cached_input: null, reasoning: null });
});

it("leaves the moment out where the price holds from now on", () => {
  expect(bodyOfPrice(VALUES)).not.toHaveProperty("starts_at");
  const dated = bodyOfPrice({ ...VALUES, startsOn: "2026-03-01" });
  expect(new Date(dated.starts_at ?? "").getTime()).toBe(new Date("2026-03-01T00:00:00").getTime());
});

it("tells which price of a model holds now", () => {
  const price = (id: string, model: string, startsAt: string): Price => ({
    id,
    provider: "p",
    model,
    starts_at: startsAt,
    prices: { input: "1", output: "1", cached_input: null, reasoning: null },
    created_at: startsAt,
  });
  const states = statesOf(
    [
      price("old", "a", "2026-01-01T00:00:00Z"),
      price("new", "a", "2026-02-01T00:00:00Z"),
      price("next", "a", "2026-09-01T00:00:00Z"),
      price("only", "b", "2026-01-01T00:00:00Z"),
    ],
    new Date("2026-06-01T00:00:00Z"),
  );
  expect(Object.fromEntries(states)).toEqual({
    old: "before",
    new: "now",
    next: "later",
    only: "now",
  });
});
