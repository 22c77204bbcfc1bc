"use client";

import { useFormatter } from "use-intl";

import { useWords } from "@/lib/i18n/words";

import type { Rates } from "./prices-api";

const MOST_PLACES = 12;

/** Rates in US dollars a million tokens; what is not known is called so, and is never 0. */
export function RatesText({ rates }: { rates: Rates }) {
  const words = useWords("settings.prices");
  const format = useFormatter();
  if (rates.input === null || rates.output === null) return <>{words("unknown")}</>;
  const money = (text: string) =>
    format.number(Number(text), {
      style: "currency",
      currency: "USD",
      maximumFractionDigits: Number(text) < 1 ? MOST_PLACES : 2,
    });
  const parts = [
    words("shown.input", { price: money(rates.input) }),
    words("shown.output", { price: money(rates.output) }),
    ...(rates.cached_input === null
      ? []
      : [words("shown.cachedInput", { price: money(rates.cached_input) })]),
    ...(rates.reasoning === null
      ? []
      : [words("shown.reasoning", { price: money(rates.reasoning) })]),
  ];
  return <span className="tabular-nums">{parts.join(" · ")}</span>;
}
