"use client";

import { useFormatter } from "use-intl";

import { useWords } from "@/lib/i18n/words";

/** An amount in US dollars with as many digits as tell something; unknown is said, not guessed. */
export function Money({ usd, isReady }: { usd: number | null | undefined; isReady: boolean }) {
  const words = useWords("editor.radar");
  const format = useFormatter();
  if (!isReady) return "…";
  if (usd === null || usd === undefined)
    return <span className="text-muted">{words("unknown")}</span>;
  return format.number(usd, {
    style: "currency",
    currency: "USD",
    minimumFractionDigits: usd === 0 ? 0 : 2,
    maximumFractionDigits: usd >= 1 || usd === 0 ? 2 : usd >= 0.01 ? 4 : 8,
  });
}
