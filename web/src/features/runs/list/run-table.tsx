"use client";

import { MessageSquare, ThumbsDown, ThumbsUp } from "lucide-react";
import { useFormatter } from "use-intl";

import { When } from "@/components/when";
import { useWords } from "@/lib/i18n/words";

import type { RunSummary } from "../list-api";
import { Cost, Duration } from "./figures";
import { StatusBadge } from "./status-badge";

type Props = { rows: RunSummary[]; onOpen: (id: string) => void };

/** The runs as a table; on a phone each is a card. */
export function RunTable({ rows, onOpen }: Props) {
  const words = useWords("runs.columns");
  return (
    <table className="w-full border-collapse text-sm max-md:block">
      <thead className="sticky top-0 z-10 bg-background text-left text-xs text-muted max-md:hidden">
        <tr className="border-b">
          <th className="px-4 py-2 font-medium">{words("prompt")}</th>
          <th className="px-2 py-2 font-medium">{words("status")}</th>
          <th className="px-2 py-2 font-medium">{words("started")}</th>
          <th className="px-2 py-2 font-medium">{words("model")}</th>
          <th className="px-2 py-2 font-medium">{words("from")}</th>
          <th className="px-2 py-2 text-right font-medium">{words("tokens")}</th>
          <th className="px-2 py-2 text-right font-medium">{words("cost")}</th>
          <th className="px-2 py-2 text-right font-medium">{words("firstToken")}</th>
          <th className="px-2 py-2 pr-4 text-right font-medium">{words("latency")}</th>
        </tr>
      </thead>
      <tbody className="max-md:block">
        {rows.map((row) => (
          <RunRow key={row.id} row={row} onOpen={onOpen} />
        ))}
      </tbody>
    </table>
  );
}

const CELL = "px-2 py-2 max-md:p-0";
const FIGURE = `${CELL} text-right whitespace-nowrap tabular-nums max-md:text-xs`;

function RunRow({ row, onOpen }: { row: RunSummary; onOpen: (id: string) => void }) {
  const words = useWords("runs");
  const format = useFormatter();
  const { input_tokens: input, output_tokens: output, cost_usd: cost } = row.usage;
  return (
    <tr className="border-b hover:bg-foreground/4 max-md:flex max-md:flex-wrap max-md:items-center max-md:gap-x-3 max-md:gap-y-1 max-md:px-4 max-md:py-2">
      <td className="min-w-0 px-4 py-2 max-md:basis-full max-md:p-0">
        <button
          type="button"
          className="max-w-full rounded-sm text-left font-medium hover:underline"
          onClick={() => {
            onOpen(row.id);
          }}
        >
          {row.prompt_name ?? row.prompt ?? words("noPrompt")}
        </button>
        <span className="flex flex-wrap items-center gap-x-2 font-mono text-xs text-muted">
          <span>{row.version ?? words("draft")}</span>
          {row.environment === null ? null : <span>{row.environment}</span>}
          <FeedbackMarks row={row} />
        </span>
      </td>
      <td className={CELL}>
        <StatusBadge status={row.status} />
        {row.error === null ? null : (
          <span className="block font-mono text-xs text-muted">{row.error.code}</span>
        )}
      </td>
      <td className={`${CELL} whitespace-nowrap text-muted max-md:text-xs`}>
        <When at={row.started_at} />
      </td>
      <td className={`${CELL} max-w-48 truncate font-mono text-xs`}>{row.model ?? "—"}</td>
      <td className={`${CELL} text-xs text-muted`}>
        {words(`sources.${row.source as "api"}`)}
        {row.api_key_name === null ? null : <span className="block">{row.api_key_name}</span>}
      </td>
      <td className={FIGURE}>
        {input === null ? "—" : `${format.number(input)} → ${format.number(output ?? 0)}`}
      </td>
      <td className={FIGURE}>
        <Cost usd={cost} />
      </td>
      <td className={`${FIGURE} max-md:hidden`}>
        <Duration ms={row.first_token_ms} />
      </td>
      <td className={`${FIGURE} md:pr-4`}>
        <Duration ms={row.latency_ms} />
      </td>
    </tr>
  );
}

function FeedbackMarks({ row: { feedback } }: { row: RunSummary }) {
  const words = useWords("runs.feedback");
  return (
    <>
      {feedback.up > 0 ? <ThumbsUp className="size-3.5" aria-label={words("up")} /> : null}
      {feedback.down > 0 ? <ThumbsDown className="size-3.5" aria-label={words("down")} /> : null}
      {feedback.comments > 0 ? (
        <MessageSquare className="size-3.5" aria-label={words("comment")} />
      ) : null}
    </>
  );
}
