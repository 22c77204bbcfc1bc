import { z } from "zod";

import type { Schemas } from "@/lib/api/client";

import type { Price } from "./prices-api";

// The policy of the page allows no code from text, which zod would try.
z.config({ jitless: true });

export const RATES = ["input", "output", "cachedInput", "reasoning"] as const;
export type RateName = (typeof RATES)[number];

const RATE = /^\d{1,7}(\.\d{1,12})?$/;

export const priceForm = z
  .object({
    provider: z.string().min(1),
    model: z
      .string()
      .trim()
      .regex(/^[!-~]{1,256}$/),
    isUnknown: z.boolean(),
    input: z.string().trim(),
    output: z.string().trim(),
    cachedInput: z.string().trim(),
    reasoning: z.string().trim(),
    // A day; empty is from now on.
    startsOn: z.string(),
  })
  .superRefine((values, context) => {
    if (values.isUnknown) return;
    for (const name of RATES) {
      const mayBeEmpty = name === "cachedInput" || name === "reasoning";
      if (!(RATE.test(values[name]) || (mayBeEmpty && values[name] === "")))
        context.addIssue({ code: "custom", path: [name], message: "rate" });
    }
  });

export type PriceValues = z.infer<typeof priceForm>;

/** What is sent of the form. A price that is unknown has no rate, which is not a rate of 0. */
export function bodyOfPrice(values: PriceValues): Schemas["PriceWrite"] {
  const rate = (text: string) => (values.isUnknown || text === "" ? null : text);
  return {
    provider: values.provider,
    model: values.model,
    ...(values.startsOn === ""
      ? {}
      : { starts_at: new Date(`${values.startsOn}T00:00:00`).toISOString() }),
    prices: {
      input: rate(values.input),
      output: rate(values.output),
      cached_input: rate(values.cachedInput),
      reasoning: rate(values.reasoning),
    },
  };
}

export type PriceState = "now" | "later" | "before";

/** Of each price whether it holds at a moment, will, or did until a later one of its model began. */
export function statesOf(prices: readonly Price[], now: Date): Map<string, PriceState> {
  const states = new Map<string, PriceState>();
  const holding = new Map<string, Price>();
  for (const price of prices) {
    if (new Date(price.starts_at) > now) {
      states.set(price.id, "later");
      continue;
    }
    states.set(price.id, "before");
    const name = `${price.provider}/${price.model}`;
    const other = holding.get(name);
    if (other === undefined || new Date(price.starts_at) > new Date(other.starts_at))
      holding.set(name, price);
  }
  for (const price of holding.values()) states.set(price.id, "now");
  return states;
}
