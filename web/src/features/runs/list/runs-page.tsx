"use client";

import { Download, Pause, Play } from "lucide-react";
import { useEffect, useState } from "react";

import { EmptyState } from "@/components/empty-state";
import { ErrorPanel } from "@/components/error-panel";
import { Button } from "@/components/ui/button";
import { useProject } from "@/features/access/api";
import { useErrorSentence } from "@/lib/i18n/error-words";
import { useWords } from "@/lib/i18n/words";
import { replaceAddress, useQueryParams } from "@/lib/navigation";
import { useToasts } from "@/lib/toasts";

import { useLiveRuns, useRunPages } from "../list-api";
import { saveRuns } from "./export";
import { addressOf, filterOf, isNarrowed } from "./filter";
import { RunDetails } from "./run-details";
import { RunFilters } from "./run-filters";
import { RunTable } from "./run-table";

/** Every run of the project, as they come: found by filters, opened in full. */
export function RunsPage() {
  const words = useWords("runs");
  const query = useQueryParams();
  const filter = filterOf(query);
  const open = query.get("run");
  const [isPaused, setPaused] = useState(false);
  const isLive = useLiveRuns(isPaused);
  const project = useProject();
  const runs = useRunPages(filter);
  const show = useToasts((state) => state.show);
  const sentence = useErrorSentence();
  const rows = runs.data?.pages.flatMap((page) => page.data) ?? [];

  async function save() {
    try {
      await saveRuns(filter);
    } catch (error) {
      show(sentence(error), "danger");
    }
  }

  useEffect(() => {
    document.title = `${words("title")} · PromptOps`;
  }, [words]);

  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <header className="flex flex-wrap items-center gap-2 border-b bg-surface px-4 py-2">
        <h1 className="text-lg font-semibold">{words("title")}</h1>
        <p className="min-w-0 truncate text-sm text-muted">{project?.name}</p>
        <div className="flex-1" />
        <p role="status" className="text-xs text-muted">
          {isPaused ? words("paused") : isLive ? words("live") : words("connecting")}
        </p>
        <Button
          variant="ghost"
          aria-pressed={isPaused}
          onClick={() => {
            setPaused(!isPaused);
          }}
        >
          {isPaused ? <Play /> : <Pause />}
          {isPaused ? words("resume") : words("pause")}
        </Button>
        <Button onClick={() => void save()}>
          <Download />
          {words("export")}
        </Button>
      </header>
      <RunFilters
        filter={filter}
        onChange={(changed) => {
          replaceAddress(addressOf(changed));
        }}
      />
      <div className="min-h-0 flex-1 overflow-auto">
        {runs.error === null ? null : (
          <div className="p-4">
            <ErrorPanel error={runs.error} onRetry={() => void runs.refetch()} />
          </div>
        )}
        {runs.isSuccess && rows.length === 0 ? (
          isNarrowed(filter) ? (
            <EmptyState
              title={words("nothingFound")}
              actions={
                <Button
                  onClick={() => {
                    replaceAddress("/runs");
                  }}
                >
                  {words("filters.clear")}
                </Button>
              }
            />
          ) : (
            <EmptyState
              title={words("empty")}
              actions={
                <Button variant="primary" asChild>
                  <a href="/prompts">{words("toPrompts")}</a>
                </Button>
              }
            >
              {words("emptyHint")}
            </EmptyState>
          )
        ) : null}
        {rows.length === 0 ? null : (
          <RunTable
            rows={rows}
            onOpen={(id) => {
              replaceAddress(addressOf(filter, id));
            }}
          />
        )}
        {runs.hasNextPage ? (
          <div className="flex justify-center p-4">
            <Button onClick={() => void runs.fetchNextPage()} disabled={runs.isFetchingNextPage}>
              {words("older")}
            </Button>
          </div>
        ) : null}
      </div>
      {open === null ? null : (
        <RunDetails
          key={open}
          id={open}
          onClose={() => {
            replaceAddress(addressOf(filter));
          }}
        />
      )}
    </div>
  );
}
