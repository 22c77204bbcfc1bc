"use client";

import { useFormatter } from "use-intl";

import { useWords } from "@/lib/i18n/words";

/** A time in milliseconds or seconds, "—" where none was taken. */
export function Duration({ ms }: { ms: number | null }) {
  const format = useFormatter();
  if (ms === null) return "—";
  return ms < 1000
    ? `${format.number(ms, { maximumFractionDigits: 0 })} ms`
    : `${format.number(ms / 1000, { maximumFractionDigits: 2 })} s`;
}

/** What a run cost in US dollars; unknown is said, not guessed. */
export function Cost({ usd }: { usd: string | null }) {
  const words = useWords("runs");
  const format = useFormatter();
  if (usd === null) return <span className="text-muted">{words("unknown")}</span>;
  const cost = Number(usd);
  return format.number(cost, {
    style: "currency",
    currency: "USD",
    maximumFractionDigits: cost === 0 || cost >= 1 ? 2 : 8,
  });
}
