import { expect, it } from "vitest";

import { addressOf, filterOf, isNarrowed } from "./filter";

it("keeps a filter in the address", () => {
  const filter = filterOf(new URLSearchParams("status=failed&model=a%2Fb&other=1"));
  expect(addressOf(filter)).toBe("/runs?status=failed&model=a%2Fb");
  expect(addressOf(filter, "r1")).toBe("/runs?status=failed&model=a%2Fb&run=r1");
  expect(isNarrowed(filter)).toBe(true);
});

it("has the plain address for all runs", () => {
  const filter = filterOf(new URLSearchParams());
  expect(addressOf(filter)).toBe("/runs");
  expect(isNarrowed(filter)).toBe(false);
});
