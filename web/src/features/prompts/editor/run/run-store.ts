import { createStore, type StoreApi } from "zustand";

import type { RunRequest, Usage } from "@/features/runs/api";
import { ApiError, asApiError } from "@/lib/api/api-error";

import { newKey } from "../content";
import { addFragments } from "./tool-calls";

// What speaks to the server about runs comes with the first one.
const loadRuns = () => import("@/features/runs/api");

/** One way to run the prompt: which version, and what of it is tried otherwise. */
export type Variant = {
  key: string;
  version: string;
  model: string | null;
  temperature: number | null;
  maxTokens: number | null;
};

/** What came of a variant's last run. */
export type Outcome = {
  status: "running" | "done" | "failed" | "stopped";
  runId: string | null;
  model: string | null;
  output: string;
  toolCalls: unknown[];
  usage: Usage | null;
  firstTokenMs: number | null;
  latencyMs: number | null;
  error: unknown;
  /** The connection is lost and is being taken up again. */
  isAway: boolean;
};

export const MAX_VARIANTS = 4;

type RunState = {
  variants: Variant[];
  outcomes: Readonly<Record<string, Outcome>>;
  addVariant: () => void;
  removeVariant: (key: string) => void;
  changeVariant: (key: string, part: Partial<Variant>) => void;
};

export type RunStore = StoreApi<RunState>;

const DRAFT: Omit<Variant, "key"> = {
  version: "draft",
  model: null,
  temperature: null,
  maxTokens: null,
};

export function createRunStore(version: string): RunStore {
  return createStore<RunState>((set, get) => ({
    variants: [{ ...DRAFT, version, key: newKey() }],
    outcomes: {},
    addVariant: () => {
      const { variants } = get();
      const last = variants.at(-1);
      if (variants.length < MAX_VARIANTS)
        set({ variants: [...variants, { ...DRAFT, ...last, key: newKey() }] });
    },
    removeVariant: (key) => {
      set({ variants: get().variants.filter((variant) => variant.key !== key) });
    },
    changeVariant: (key, part) => {
      set({
        variants: get().variants.map((variant) =>
          variant.key === key ? { ...variant, ...part } : variant,
        ),
      });
    },
  }));
}

const STARTED: Outcome = {
  status: "running",
  runId: null,
  model: null,
  output: "",
  toolCalls: [],
  usage: null,
  firstTokenMs: null,
  latencyMs: null,
  error: null,
  isAway: false,
};

/** Runs variants and keeps what comes of them; each can be stopped by itself. */
export class Runner {
  private readonly controllers = new Map<string, AbortController>();

  constructor(private readonly store: RunStore) {}

  /** Runs a variant; ends when its run has. */
  async run(variant: Variant, alias: string, variables: Record<string, unknown>): Promise<void> {
    await this.stop(variant.key);
    const controller = new AbortController();
    this.controllers.set(variant.key, controller);
    this.set(variant.key, STARTED);
    const began = performance.now();
    try {
      const { streamRun } = await loadRuns();
      const events = streamRun(
        requestOf(variant, alias, variables),
        controller.signal,
        (isAway) => {
          this.patch(variant.key, { isAway });
        },
      );
      for await (const { event, data } of events) {
        this.take(variant.key, event, data as Record<string, unknown>, began);
      }
    } catch (error) {
      if (!controller.signal.aborted) {
        this.patch(variant.key, { status: "failed", error: asApiError(error), isAway: false });
      }
    } finally {
      if (this.controllers.get(variant.key) === controller) this.controllers.delete(variant.key);
    }
  }

  /** Stops a variant's run if one is under way: the model is cancelled too. */
  async stop(key: string): Promise<void> {
    const outcome = this.store.getState().outcomes[key];
    const controller = this.controllers.get(key);
    if (controller === undefined) return;
    controller.abort();
    this.controllers.delete(key);
    this.patch(key, { status: "stopped", isAway: false });
    if (outcome?.runId) await (await loadRuns()).cancelRun(outcome.runId);
  }

  /** Stops whatever runs, as when the page is left. */
  stopAll(): void {
    for (const key of [...this.controllers.keys()]) void this.stop(key);
  }

  private take(key: string, event: string, data: Record<string, unknown>, began: number): void {
    const now = performance.now() - began;
    const outcome = this.store.getState().outcomes[key] ?? STARTED;
    if (event === "meta") {
      // A second one says that the run was begun anew: what came before does not count.
      this.set(key, { ...STARTED, runId: text(data.run_id), model: text(data.model) });
    } else if (event === "delta") {
      const more = typeof data.text === "string" ? data.text : "";
      const toolCalls = Array.isArray(data.tool_calls)
        ? addFragments(outcome.toolCalls, data.tool_calls)
        : outcome.toolCalls;
      this.patch(key, {
        output: outcome.output + more,
        toolCalls,
        firstTokenMs: outcome.firstTokenMs ?? now,
      });
    } else if (event === "usage") {
      this.patch(key, { usage: data as Usage });
    } else if (event === "done") {
      this.patch(key, { status: "done", latencyMs: now, isAway: false });
    } else if (event === "error") {
      this.patch(key, {
        status: "failed",
        error: ApiError.fromProblem(Number(data.status ?? 0), data),
        latencyMs: now,
        isAway: false,
      });
    }
  }

  private patch(key: string, part: Partial<Outcome>): void {
    this.set(key, { ...(this.store.getState().outcomes[key] ?? STARTED), ...part });
  }

  private set(key: string, outcome: Outcome): void {
    const { outcomes } = this.store.getState();
    this.store.setState({ outcomes: { ...outcomes, [key]: outcome } });
  }
}

function text(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

function requestOf(
  variant: Variant,
  alias: string,
  variables: Record<string, unknown>,
): RunRequest {
  const parameters = {
    ...(variant.temperature === null ? {} : { temperature: variant.temperature }),
    ...(variant.maxTokens === null ? {} : { max_tokens: variant.maxTokens }),
  };
  return {
    alias,
    version: variant.version,
    variables,
    ...(variant.model === null ? {} : { model: variant.model }),
    ...(Object.keys(parameters).length === 0 ? {} : { parameters }),
  };
}
