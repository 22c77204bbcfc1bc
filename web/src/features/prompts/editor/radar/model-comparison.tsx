"use client";

import { X } from "lucide-react";
import { useDeferredValue, useState } from "react";
import { useFormatter } from "use-intl";

import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Input } from "@/components/ui/input";
import { type Model, useModelSearch } from "@/features/providers/api";
import { useWords } from "@/lib/i18n/words";

import type { CostEstimate } from "./cost";
import { Money } from "./money";

const MAX_MODELS = 6;

export type ComparedModel = {
  name: string;
  model: Model | undefined;
  estimate: CostEstimate | null;
};
type Props = {
  rows: ComparedModel[];
  onAdd: (model: Model) => void;
  onRemove: (name: string) => void;
};

/** The same prompt with several models side by side; the first row is the prompt's own. */
export function ModelComparison({ rows, onAdd, onRemove }: Props) {
  const words = useWords("editor.radar");
  const format = useFormatter();
  return (
    <div className="flex flex-col gap-2">
      <div className="overflow-x-auto">
        <table className="w-full text-sm tabular-nums">
          <thead className="text-left text-xs text-muted">
            <tr>
              <th className="py-1 font-medium">{words("model")}</th>
              <th className="py-1 text-right font-medium">{words("input")}</th>
              <th className="py-1 text-right font-medium">{words("inputCost")}</th>
              <th className="py-1 text-right font-medium">{words("outputCost")}</th>
              <th className="py-1 text-right font-medium">{words("perThousand")}</th>
              <th className="w-8">
                <span className="sr-only">{words("actions")}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.map(({ name, estimate }, index) => (
              <tr key={name} className="border-t">
                <td className="py-1 pr-2 font-mono text-xs break-all">{name}</td>
                <td className="py-1 text-right">
                  {estimate === null ? "…" : format.number(estimate.inputTokens)}
                </td>
                {(["inputUsd", "outputUsd", "perThousandUsd"] as const).map((amount) => (
                  <td key={amount} className="py-1 pl-2 text-right">
                    <Money usd={estimate?.[amount]} isReady={estimate !== null} />
                  </td>
                ))}
                <td className="text-right">
                  {index === 0 ? null : (
                    <Button
                      variant="ghost"
                      size="icon-sm"
                      aria-label={words("removeModel", { name })}
                      onClick={() => {
                        onRemove(name);
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
      {rows.length < MAX_MODELS ? (
        <ModelSearch shown={rows.map(({ name }) => name)} onFound={onAdd} />
      ) : null}
      <p className="text-xs text-muted">{words("pessimistic")}</p>
    </div>
  );
}

/** Finds a model by a part of its name, of any provider. */
function ModelSearch({ shown, onFound }: { shown: string[]; onFound: (model: Model) => void }) {
  const words = useWords("editor.radar");
  const [text, setText] = useState("");
  const found = useModelSearch(useDeferredValue(text.trim()));
  const models =
    text.trim() === "" ? [] : (found.data ?? []).filter(({ model }) => !shown.includes(model));
  return (
    <div>
      <Input
        type="search"
        aria-label={words("addModel")}
        placeholder={words("addModel")}
        value={text}
        onChange={(event) => {
          setText(event.target.value);
        }}
      />
      <ul className="mt-1 flex max-h-40 flex-col overflow-auto">
        {models.map((model) => (
          <li key={model.model}>
            <button
              type="button"
              className="flex w-full items-center gap-2 rounded-sm px-2 py-1 text-left font-mono text-xs hover:bg-foreground/8"
              onClick={() => {
                onFound(model);
                setText("");
              }}
            >
              <span className="min-w-0 flex-1 break-all">{model.model}</span>
              {model.configured ? null : <Badge>{words("notConfigured")}</Badge>}
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
