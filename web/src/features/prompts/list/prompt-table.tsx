"use client";

import { useFormatter, useNow } from "use-intl";

import { PromptLink } from "@/components/prompt-link";
import { Badge } from "@/components/ui/badge";
import { useGlances } from "@/features/deployments/api";
import { useWords } from "@/lib/i18n/words";
import { promptAddress } from "@/lib/navigation";

import type { Prompt } from "../api";
import { RowMenu } from "./row-menu";

type Props = { rows: Prompt[]; onTag: (tag: string) => void };

/** The prompts as a table; on a phone each is a card. */
export function PromptTable({ rows, onTag }: Props) {
  const words = useWords("prompts");
  const format = useFormatter();
  const now = useNow({ updateInterval: 60_000 });
  const glances = useGlances(rows.map((row) => row.id));
  return (
    <table className="w-full border-collapse text-sm max-md:block">
      <thead className="sticky top-0 z-10 bg-background text-left text-xs text-muted max-md:hidden">
        <tr className="border-b">
          <th className="px-4 py-2 font-medium">{words("columns.name")}</th>
          <th className="px-2 py-2 font-medium">{words("columns.version")}</th>
          <th className="px-2 py-2 font-medium">{words("columns.environments")}</th>
          <th className="px-2 py-2 font-medium">{words("columns.lastRun")}</th>
          <th className="px-2 py-2 text-right font-medium">{words("columns.runs")}</th>
          <th className="px-2 py-2 text-right font-medium">{words("columns.cost")}</th>
          <th className="w-12 px-2 py-2">
            <span className="sr-only">{words("columns.actions")}</span>
          </th>
        </tr>
      </thead>
      <tbody className="max-md:block">
        {rows.map((row) => {
          const glance = glances.get(row.id);
          return (
            <tr
              key={row.id}
              className="border-b hover:bg-foreground/4 max-md:flex max-md:flex-wrap max-md:items-center max-md:gap-x-3 max-md:gap-y-1 max-md:px-4 max-md:py-2"
            >
              <td className="min-w-0 px-4 py-2 max-md:flex-1 max-md:basis-[calc(100%-3rem)] max-md:p-0">
                <PromptLink
                  href={promptAddress(row.alias)}
                  className="block rounded-sm font-medium hover:underline"
                >
                  {row.name}
                </PromptLink>
                <span className="flex flex-wrap items-center gap-1">
                  <span className="font-mono text-xs text-muted">{row.alias}</span>
                  {row.tags.map((tag) => (
                    <button
                      key={tag}
                      type="button"
                      className="flex min-h-6 items-center"
                      aria-label={words("onlyTag", { tag })}
                      onClick={() => {
                        onTag(tag);
                      }}
                    >
                      <Badge>#{tag}</Badge>
                    </button>
                  ))}
                </span>
              </td>
              <td className="px-2 py-2 max-md:order-3 max-md:p-0">
                {row.latest_version === null ? (
                  <Badge tone="warning">{words("draftOnly")}</Badge>
                ) : (
                  <span className="font-mono text-xs">{row.latest_version}</span>
                )}
              </td>
              <td className="px-2 py-2 max-md:order-4 max-md:p-0">
                <span className="flex flex-wrap gap-1">
                  {glance?.environments.map((one) => (
                    <Badge
                      key={one.environment}
                      tone={one.environment === "prod" ? "success" : "accent"}
                    >
                      {one.environment} · {one.version}
                    </Badge>
                  ))}
                </span>
              </td>
              <td className="px-2 py-2 whitespace-nowrap text-muted max-md:order-5 max-md:p-0 max-md:text-xs">
                {glance?.lastRunAt == null ? (
                  <span className="max-md:hidden">—</span>
                ) : (
                  <time
                    dateTime={glance.lastRunAt}
                    title={format.dateTime(new Date(glance.lastRunAt), {
                      dateStyle: "medium",
                      timeStyle: "short",
                    })}
                  >
                    {format.relativeTime(new Date(glance.lastRunAt), now)}
                  </time>
                )}
              </td>
              <td className="px-2 py-2 text-right tabular-nums max-md:hidden">
                {glance === undefined ? "" : format.number(glance.runs)}
              </td>
              <td className="px-2 py-2 text-right tabular-nums max-md:order-6 max-md:p-0 max-md:text-xs">
                {glance === undefined ? "" : <Cost glance={glance} />}
              </td>
              <td className="px-2 py-2 text-right max-md:order-2 max-md:p-0">
                <RowMenu prompt={row} />
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

function Cost({ glance }: { glance: { costUsd: string | null; runs: number } }) {
  const words = useWords("prompts");
  const format = useFormatter();
  if (glance.runs === 0) return <span className="text-muted max-md:hidden">—</span>;
  if (glance.costUsd === null) return <span className="text-muted">{words("costUnknown")}</span>;
  const cost = Number(glance.costUsd);
  return format.number(cost, {
    style: "currency",
    currency: "USD",
    maximumFractionDigits: cost !== 0 && cost < 0.01 ? 6 : 2,
  });
}
