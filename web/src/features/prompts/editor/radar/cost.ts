import type { Model } from "@/features/providers/api";

import type { Config } from "../content";
import type { Encoding } from "../../engine/tokens/chat-count";

/** What a prompt costs with one model; null is unknown, never guessed. */
export type CostEstimate = {
  inputTokens: number;
  outputTokens: number | null;
  inputUsd: number | null;
  /** At most: with every token of output that the model may write. */
  outputUsd: number | null;
  /** Input and output of a thousand runs. */
  perThousandUsd: number | null;
  /** The share of the context window that the input takes, 0 to 1 and over. */
  windowShare: number | null;
};

const MILLION = 1_000_000;
const RUNS = 1000;

/** The encoding by which a model's input is counted; where it is not known, the newest one. */
export function encodingOf(model: Model | undefined): Encoding {
  return model?.tokenizer.encoding ?? "o200k_base";
}

/** The most tokens that a model may answer with under this configuration, or null. */
export function outputLimit(config: Config, model: Model | undefined): number | null {
  const asked = config.parameters?.max_completion_tokens ?? config.parameters?.max_tokens ?? null;
  const most = model?.max_output_tokens ?? null;
  if (asked === null) return most;
  return most === null ? asked : Math.min(asked, most);
}

/** The estimate for a model whose input has so many tokens. */
export function estimateCost(
  inputTokens: number,
  config: Config,
  model: Model | undefined,
): CostEstimate {
  const outputTokens = outputLimit(config, model);
  const inputUsd = priceOf(inputTokens, model?.prices.input);
  const outputUsd = outputTokens === null ? null : priceOf(outputTokens, model?.prices.output);
  const window = model?.context_window ?? null;
  return {
    inputTokens,
    outputTokens,
    inputUsd,
    outputUsd,
    perThousandUsd: inputUsd === null || outputUsd === null ? null : (inputUsd + outputUsd) * RUNS,
    windowShare: window === null || window === 0 ? null : inputTokens / window,
  };
}

function priceOf(tokens: number, perMillion: string | null | undefined): number | null {
  return perMillion === null || perMillion === undefined
    ? null
    : (tokens * Number(perMillion)) / MILLION;
}
