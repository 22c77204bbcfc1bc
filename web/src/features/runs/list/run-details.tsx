"use client";

import { SquarePen, Square } from "lucide-react";
import type { ReactNode } from "react";
import { useFormatter } from "use-intl";

import { CopyButton } from "@/components/copy-button";
import { ErrorPanel } from "@/components/error-panel";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { useMay } from "@/features/access/api";
import { useWords } from "@/lib/i18n/words";
import { promptAddress } from "@/lib/navigation";

import { cancelRun, type Run } from "../api";
import { useRun } from "../list-api";
import { Cost, Duration } from "./figures";
import { RunFeedbackPanel } from "./run-feedback";
import { StatusBadge } from "./status-badge";

/** One run: what went to the model and what came back, what it cost, and why it failed. */
export function RunDetails({ id, onClose }: { id: string; onClose: () => void }) {
  const words = useWords("runs");
  const run = useRun(id);
  return (
    <Dialog
      open
      wide
      onOpenChange={onClose}
      title={run.data?.prompt_name ?? run.data?.prompt ?? words("run")}
      description={<span className="font-mono text-xs">{id}</span>}
      {...(run.data === undefined ? {} : { footer: <Actions run={run.data} /> })}
    >
      {run.error === null ? null : (
        <ErrorPanel error={run.error} onRetry={() => void run.refetch()} />
      )}
      {run.data === undefined ? null : <Details run={run.data} />}
    </Dialog>
  );
}

function Actions({ run }: { run: Run }) {
  const words = useWords("runs");
  const mayRun = useMay("runs.run");
  return (
    <>
      {run.ended_at === null && mayRun ? (
        <Button onClick={() => void cancelRun(run.id)}>
          <Square />
          {words("cancel")}
        </Button>
      ) : null}
      {run.prompt === null ? null : (
        <Button variant="primary" asChild>
          <a href={promptAddress(run.prompt, { run: run.id })}>
            <SquarePen />
            {words("openInEditor")}
          </a>
        </Button>
      )}
    </>
  );
}

function Details({ run }: { run: Run }) {
  const words = useWords("runs");
  const format = useFormatter();
  const { input_tokens: input, output_tokens: output, cost_usd: cost } = run.usage;
  const facts: [string, ReactNode][] = [
    [words("columns.status"), <StatusBadge key="status" status={run.status} />],
    [
      words("columns.started"),
      format.dateTime(new Date(run.started_at), { dateStyle: "medium", timeStyle: "medium" }),
    ],
    [words("version"), `${run.version ?? words("draft")} · ${run.environment ?? "—"}`],
    [words("columns.model"), run.model ?? "—"],
    [
      words("columns.from"),
      [words(`sources.${run.source as "api"}`), run.api_key_name, run.user, run.session]
        .filter((part) => part !== null)
        .join(" · "),
    ],
    [
      words("columns.tokens"),
      input === null ? "—" : `${format.number(input)} → ${format.number(output ?? 0)}`,
    ],
    [words("columns.cost"), <Cost key="cost" usd={cost} />],
    [words("columns.firstToken"), <Duration key="first" ms={run.first_token_ms} />],
    [words("columns.latency"), <Duration key="latency" ms={run.latency_ms} />],
  ];
  return (
    <div className="flex flex-col gap-4">
      {run.error === null ? null : (
        <div role="alert" className="rounded-md border border-danger/40 bg-danger-soft p-3 text-sm">
          <p className="break-words">{run.error.detail}</p>
          <p className="font-mono text-xs text-muted">{run.error.code}</p>
        </div>
      )}
      <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1 text-sm sm:grid-cols-[auto_1fr_auto_1fr]">
        {facts.map(([name, value]) => (
          <div key={name} className="contents">
            <dt className="text-muted">{name}</dt>
            <dd className="min-w-0 break-words tabular-nums">{value}</dd>
          </div>
        ))}
      </dl>
      {run.messages === null ? (
        <p className="text-sm text-muted">{words("notStored")}</p>
      ) : (
        <section aria-label={words("sent")} className="flex flex-col gap-2">
          <h3 className="text-sm font-semibold">{words("sent")}</h3>
          {run.messages.map((message, index) => (
            <Text key={index} label={String(message.role)} text={textOf(message.content)} />
          ))}
        </section>
      )}
      {!run.output && run.tool_calls === null ? null : (
        <section aria-label={words("answer")} className="flex flex-col gap-2">
          <h3 className="text-sm font-semibold">{words("answer")}</h3>
          {run.output ? <Text label="assistant" text={run.output} /> : null}
          {run.tool_calls === null ? null : (
            <Text label={words("toolCalls")} text={JSON.stringify(run.tool_calls, null, 2)} />
          )}
        </section>
      )}
      <RunFeedbackPanel run={run.id} />
    </div>
  );
}

function textOf(content: unknown): string {
  return typeof content === "string" ? content : JSON.stringify(content, null, 2);
}

function Text({ label, text }: { label: string; text: string }) {
  const words = useWords("common");
  return (
    <article className="rounded-md border bg-surface">
      <header className="flex items-center justify-between border-b px-3 py-1 font-mono text-xs text-muted">
        {label}
        <CopyButton text={text} label={words("copy")} />
      </header>
      <p className="max-h-80 overflow-auto px-3 py-2 font-mono text-[13px] leading-5 break-words whitespace-pre-wrap">
        {text}
      </p>
    </article>
  );
}
