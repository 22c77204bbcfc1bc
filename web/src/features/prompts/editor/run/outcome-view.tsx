"use client";

import { LoaderCircle } from "lucide-react";
import { useFormatter } from "use-intl";

import { CopyButton } from "@/components/copy-button";
import { ErrorPanel } from "@/components/error-panel";
import { KeyHint } from "@/components/ui/key-hint";
import { useWords } from "@/lib/i18n/words";

import { Money } from "../radar/money";
import type { Outcome } from "./run-store";

/** The answer as it arrives, and its figures when it is there. */
export function OutcomeView({ outcome, letter }: { outcome: Outcome | undefined; letter: string }) {
  const words = useWords("editor.run");
  if (outcome === undefined) {
    return (
      <p className="flex flex-wrap items-center gap-1.5 p-3 text-sm text-muted">
        {words("nothingYet")}
        <KeyHint keys="Mod+Enter" />
      </p>
    );
  }
  const isRunning = outcome.status === "running";
  return (
    <>
      <div className="min-h-0 flex-1 overflow-auto p-3" aria-busy={isRunning}>
        {outcome.isAway ? (
          <p
            role="status"
            className="mb-2 rounded-md bg-warning-soft px-2 py-1 text-sm text-warning"
          >
            {words("away")}
          </p>
        ) : null}
        {outcome.output === "" && isRunning ? (
          <p className="flex items-center gap-2 text-sm text-muted">
            <LoaderCircle className="size-4 animate-spin" aria-hidden />
            {words("waiting")}
          </p>
        ) : null}
        <div
          className="text-base leading-6 break-words whitespace-pre-wrap"
          data-testid={`output-${letter}`}
          data-status={outcome.status}
        >
          {outcome.output}
        </div>
        {outcome.toolCalls.length > 0 ? (
          <pre
            className="mt-2 overflow-auto rounded-md bg-sunken p-2 font-mono text-xs"
            aria-label={words("toolCalls")}
          >
            {JSON.stringify(outcome.toolCalls, null, 2)}
          </pre>
        ) : null}
        {outcome.status === "stopped" ? (
          <p className="mt-2 text-sm text-warning">{words("stopped")}</p>
        ) : null}
        {outcome.status === "failed" ? (
          <div className="mt-2">
            <ErrorPanel error={outcome.error} />
          </div>
        ) : null}
      </div>
      <Figures outcome={outcome} />
    </>
  );
}

function Figures({ outcome }: { outcome: Outcome }) {
  const words = useWords("editor.run");
  const format = useFormatter();
  const { usage } = outcome;
  const seconds = (ms: number) =>
    ms < 1000
      ? format.number(Math.round(ms), { style: "unit", unit: "millisecond" })
      : format.number(ms / 1000, { style: "unit", unit: "second", maximumFractionDigits: 2 });
  const figures = [
    [words("firstToken"), outcome.firstTokenMs === null ? null : seconds(outcome.firstTokenMs)],
    [words("latency"), outcome.latencyMs === null ? null : seconds(outcome.latencyMs)],
    [words("tokensIn"), usage?.input_tokens == null ? null : format.number(usage.input_tokens)],
    [words("tokensOut"), usage?.output_tokens == null ? null : format.number(usage.output_tokens)],
  ] as const;
  return (
    <footer className="flex flex-wrap items-center gap-x-4 gap-y-0.5 border-t px-3 py-1 text-xs text-muted">
      {figures.map(([label, value]) =>
        value === null ? null : (
          <span key={label} className="whitespace-nowrap tabular-nums">
            {label} <span className="font-medium text-foreground">{value}</span>
          </span>
        ),
      )}
      {usage === null ? null : (
        <span className="whitespace-nowrap tabular-nums">
          {words("cost")}{" "}
          <span className="font-medium text-foreground">
            <Money usd={usage.cost_usd === null ? null : Number(usage.cost_usd)} isReady />
          </span>
        </span>
      )}
      {outcome.model === null ? null : <span className="truncate font-mono">{outcome.model}</span>}
      <span className="flex-1" />
      {outcome.output === "" ? null : <CopyButton text={outcome.output} />}
    </footer>
  );
}
