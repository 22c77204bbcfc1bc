"use client";

import { ChevronUp } from "lucide-react";
import dynamic from "next/dynamic";
import { useState } from "react";
import { useFormatter } from "use-intl";

import { Button } from "@/components/ui/button";
import { Popover } from "@/components/ui/popover";
import { type Model, useModels } from "@/features/providers/api";
import { cn } from "@/lib/class-names";
import { useWords } from "@/lib/i18n/words";

import { useEditor } from "../store";
import { type CostEstimate, encodingOf, estimateCost } from "./cost";
import { Money } from "./money";
import { useTokenCounts } from "./use-token-counts";

const ModelComparison = dynamic(async () => (await import("./model-comparison")).ModelComparison, {
  ssr: false,
});

/** What the prompt would cost as it stands, and how much of the context window it takes. */
export function CostRadar() {
  const words = useWords("editor.radar");
  const config = useEditor((state) => state.content.config);
  const models = useModels();
  const [compared, setCompared] = useState<Model[]>([]);
  const model = models.data?.find((one) => one.model === config.model);
  const others = compared.filter((other) => other.model !== config.model);
  const counts = useTokenCounts([model, ...others].map(encodingOf));
  const estimateOf = (model: Model | undefined): CostEstimate | null => {
    const tokens = counts?.counts[encodingOf(model)];
    return tokens === undefined ? null : estimateCost(tokens, config, model);
  };
  const estimate = estimateOf(model);
  const isExact = counts?.isEstimate === false && (model?.tokenizer.exact ?? false);
  return (
    <section
      aria-label={words("title")}
      className="flex min-h-10 flex-wrap items-center gap-x-5 gap-y-1 border-t bg-surface px-3 py-1 text-sm"
      data-testid="cost-radar"
    >
      <Figure
        label={words("input")}
        value={
          estimate === null
            ? null
            : words(isExact ? "tokens" : "tokensAbout", { count: estimate.inputTokens })
        }
        testId="input-tokens"
      />
      <Figure
        label={words("inputCost")}
        value={<Money usd={estimate?.inputUsd} isReady={estimate !== null} />}
      />
      <Figure
        label={words("outputCost")}
        value={<Money usd={estimate?.outputUsd} isReady={estimate !== null} />}
      />
      <Figure
        label={words("perThousand")}
        value={<Money usd={estimate?.perThousandUsd} isReady={estimate !== null} />}
      />
      <WindowMeter estimate={estimate} window={model?.context_window ?? null} />
      <div className="flex-1" />
      <Popover
        label={words("compare")}
        className="w-[36rem]"
        trigger={
          <Button variant="ghost" size="sm">
            {words("compare")}
            <ChevronUp />
          </Button>
        }
      >
        <ModelComparison
          rows={[
            { name: config.model, model, estimate },
            ...others.map((other) => ({
              name: other.model,
              model: other,
              estimate: estimateOf(other),
            })),
          ]}
          onAdd={(added) => {
            setCompared([...others, added]);
          }}
          onRemove={(name) => {
            setCompared(others.filter((other) => other.model !== name));
          }}
        />
      </Popover>
    </section>
  );
}

type FigureProps = { label: string; value: React.ReactNode; testId?: string };

function Figure({ label, value, testId }: FigureProps) {
  return (
    <p className="flex items-baseline gap-1.5 whitespace-nowrap">
      <span className="text-xs text-muted">{label}</span>
      <span
        className="font-medium tabular-nums"
        {...(testId === undefined ? {} : { "data-testid": testId })}
      >
        {value ?? "…"}
      </span>
    </p>
  );
}

function WindowMeter({
  estimate,
  window,
}: {
  estimate: CostEstimate | null;
  window: number | null;
}) {
  const words = useWords("editor.radar");
  const format = useFormatter();
  const share = estimate?.windowShare ?? null;
  if (share === null || window === null) {
    return <Figure label={words("window")} value={estimate === null ? "…" : words("unknown")} />;
  }
  const shown = format.number(share, {
    style: "percent",
    maximumFractionDigits: share < 0.1 ? 1 : 0,
  });
  return (
    <div
      className="flex items-center gap-1.5"
      title={words("windowOf", { size: format.number(window) })}
    >
      <span className="text-xs text-muted">{words("window")}</span>
      <meter
        className="sr-only"
        min={0}
        max={1}
        value={Math.min(share, 1)}
        aria-label={words("window")}
      />
      <span aria-hidden className="h-1.5 w-16 overflow-hidden rounded-full bg-foreground/12">
        <span
          className={cn(
            "block h-full",
            share > 1 ? "bg-danger" : share > 0.8 ? "bg-warning" : "bg-accent",
          )}
          style={{ width: `${Math.min(Math.max(share * 100, 1), 100)}%` }}
        />
      </span>
      <span
        className={cn("font-medium tabular-nums", share > 1 && "text-danger dark:text-variable-6")}
      >
        {shown}
      </span>
    </div>
  );
}
