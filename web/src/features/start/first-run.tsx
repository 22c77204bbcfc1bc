"use client";

import { Play, Square } from "lucide-react";
import { type FormEvent, useEffect, useRef, useState } from "react";
import { useFormatter } from "use-intl";

import { ErrorPanel } from "@/components/error-panel";
import { PromptLink } from "@/components/prompt-link";
import { Button } from "@/components/ui/button";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import type { Prompt } from "@/features/prompts/api";
import { cancelRun, streamRun } from "@/features/runs/api";
import { ApiError } from "@/lib/api/api-error";
import { useWords } from "@/lib/i18n/words";
import { promptAddress } from "@/lib/navigation";

type Outcome = {
  status: "running" | "done" | "stopped" | "failed";
  output: string;
  error: unknown;
  latencyMs: number | null;
  model: string | null;
};
const STARTED: Outcome = {
  status: "running",
  output: "",
  error: null,
  latencyMs: null,
  model: null,
};

type Props = {
  prompt: Prompt;
  version: string;
  /** Whether no other model than the local one can be called. */
  isLocalOnly: boolean;
  onDone: () => void;
};

/** The demo project's first prompt with its value filled in: one click to the first answer. */
export function FirstRun({ prompt, version, isLocalOnly, onDone }: Props) {
  const words = useWords("start");
  const format = useFormatter();
  const [topic, setTopic] = useState(() => words("topicValue"));
  const [outcome, setOutcome] = useState<Outcome | null>(null);
  const running = useRef<{ controller: AbortController; run: string | null } | null>(null);
  const patch = (part: Partial<Outcome>) => {
    setOutcome((before) => ({ ...(before ?? STARTED), ...part }));
  };

  function stop() {
    const current = running.current;
    running.current = null;
    current?.controller.abort();
    if (current?.run) void cancelRun(current.run);
  }

  useEffect(() => stop, []);

  async function run() {
    stop();
    const controller = new AbortController();
    running.current = { controller, run: null };
    setOutcome(STARTED);
    const began = performance.now();
    try {
      const request = { alias: prompt.alias, version, variables: { topic: topic.trim() } };
      for await (const { event, data } of streamRun(request, controller.signal, () => undefined)) {
        const facts = data as Record<string, unknown>;
        if (event === "meta") {
          running.current = { controller, run: String(facts.run_id) };
          // A second one says that the run was begun anew: what came before does not count.
          setOutcome({ ...STARTED, model: String(facts.model) });
        }
        if (event === "delta" && typeof facts.text === "string") {
          const more = facts.text;
          setOutcome((before) => ({
            ...(before ?? STARTED),
            output: (before?.output ?? "") + more,
          }));
        }
        if (event === "error") throw ApiError.fromProblem(Number(facts.status ?? 0), facts);
        if (event === "done") {
          running.current = null;
          patch({ status: "done", latencyMs: performance.now() - began });
          onDone();
        }
      }
    } catch (error) {
      if (!controller.signal.aborted) patch({ status: "failed", error });
    }
  }

  function submit(event: FormEvent) {
    event.preventDefault();
    void run();
  }

  const isLocal = outcome?.model?.startsWith("local/") ?? isLocalOnly;
  const isRunning = outcome?.status === "running";
  return (
    <div className="flex flex-col gap-3">
      <form className="flex flex-wrap items-end gap-2" onSubmit={submit}>
        <Field label={words("topic")} className="min-w-0 flex-1 basis-56">
          {(control) => (
            <Input
              {...control}
              required
              maxLength={200}
              value={topic}
              onChange={(event) => {
                setTopic(event.target.value);
              }}
            />
          )}
        </Field>
        {isRunning ? (
          <Button
            onClick={() => {
              stop();
              patch({ status: "stopped" });
            }}
          >
            <Square />
            {words("stop")}
          </Button>
        ) : (
          <Button type="submit" variant="primary">
            <Play />
            {words("run")}
          </Button>
        )}
      </form>
      {outcome === null ? null : (
        <div
          data-testid="first-answer"
          data-status={outcome.status}
          aria-busy={isRunning}
          className="flex flex-col gap-2 rounded-md border bg-surface p-3"
        >
          <p className="min-h-5 font-mono text-[13px] break-words whitespace-pre-wrap">
            {outcome.output}
            {isRunning && outcome.output === "" ? (
              <span className="text-muted">{words("waiting")}</span>
            ) : null}
          </p>
          {outcome.error === null ? null : <ErrorPanel error={outcome.error} />}
          <p role="status" className="text-sm text-muted">
            {outcome.status === "done"
              ? words("answered", {
                  seconds: format.number((outcome.latencyMs ?? 0) / 1000, {
                    maximumFractionDigits: 1,
                  }),
                })
              : null}
            {outcome.status === "stopped" ? words("stopped") : null}
          </p>
          {outcome.status === "done" ? (
            <PromptLink
              href={promptAddress(prompt.alias)}
              className="self-start text-sm text-accent-text hover:underline"
            >
              {words("openExample")}
            </PromptLink>
          ) : null}
        </div>
      )}
      {isLocal ? <p className="text-sm text-muted">{words("localModel")}</p> : null}
    </div>
  );
}
