"use client";

import { X } from "lucide-react";
import { useFormatter } from "use-intl";

import { Button } from "@/components/ui/button";
import { NativeSelect } from "@/components/ui/input";
import type { Model } from "@/features/providers/api";
import { useWords } from "@/lib/i18n/words";

import type { CostEstimate } from "./cost";
import { Money } from "./cost-radar";

const MAX_MODELS = 6;

type Row = { name: string; model: Model | undefined; estimate: CostEstimate | null };
type Props = { rows: Row[]; models: readonly Model[]; onChange: (names: string[]) => void };

/** The same prompt with several models side by side; the first row is the prompt's own. */
export function ModelComparison({ rows, models, onChange }: Props) {
  const words = useWords("editor.radar");
  const format = useFormatter();
  const names = rows.map(({ name }) => name);
  const others = models.filter(({ model }) => !names.includes(model));
  return (
    <div className="flex flex-col gap-2">
      <div className="overflow-x-auto">
        <table className="w-full text-sm tabular-nums">
          <thead className="text-left text-xs text-muted">
            <tr>
              <th className="py-1 font-medium">{words("model")}</th>
              <th className="py-1 text-right font-medium">{words("input")}</th>
              <th className="py-1 text-right font-medium">{words("inputCost")}</th>
              <th className="py-1 text-right font-medium">{words("perThousand")}</th>
              <th className="w-8" />
            </tr>
          </thead>
          <tbody>
            {rows.map(({ name, estimate }, index) => (
              <tr key={name} className="border-t">
                <td className="py-1 pr-2 font-mono text-xs break-all">{name}</td>
                <td className="py-1 text-right">
                  {estimate === null ? "…" : format.number(estimate.inputTokens)}
                </td>
                <td className="py-1 text-right">
                  <Money usd={estimate?.inputUsd} isReady={estimate !== null} />
                </td>
                <td className="py-1 text-right">
                  <Money usd={estimate?.perThousandUsd} isReady={estimate !== null} />
                </td>
                <td className="text-right">
                  {index === 0 ? null : (
                    <Button
                      variant="ghost"
                      size="icon-sm"
                      aria-label={words("removeModel", { name })}
                      onClick={() => {
                        onChange(names.slice(1).filter((other) => other !== name));
                      }}
                    >
                      <X />
                    </Button>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {rows.length < MAX_MODELS && others.length > 0 ? (
        <NativeSelect
          aria-label={words("addModel")}
          value=""
          onChange={(event) => {
            onChange([...names.slice(1), event.target.value]);
          }}
        >
          <option value="">{words("addModel")}</option>
          {others.map(({ model }) => (
            <option key={model} value={model}>
              {model}
            </option>
          ))}
        </NativeSelect>
      ) : null}
      <p className="text-xs text-muted">{words("pessimistic")}</p>
    </div>
  );
}
