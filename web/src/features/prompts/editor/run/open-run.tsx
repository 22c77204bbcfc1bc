"use client";

import { History } from "lucide-react";
import { useState } from "react";
import { useFormatter, useNow } from "use-intl";

import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { ErrorPanel } from "@/components/error-panel";
import { fetchRun, useRecentRuns } from "@/features/runs/api";
import { useErrorSentence } from "@/lib/i18n/error-words";
import { useWords } from "@/lib/i18n/words";
import { useToasts } from "@/lib/toasts";

import { useEditorStore } from "../store";
import { toValue } from "../values";

/** Takes the values of a past run into the panel, to run them again. */
export function OpenRun() {
  const words = useWords("editor.run");
  const format = useFormatter();
  const now = useNow();
  const store = useEditorStore();
  const show = useToasts((state) => state.show);
  const sentence = useErrorSentence();
  const [isOpen, setOpen] = useState(false);
  const runs = useRecentRuns(store.getState().prompt.alias, isOpen);

  async function take(id: string) {
    try {
      const run = await fetchRun(id);
      if (run.variables === null) {
        show(words("valuesNotStored"), "danger");
        return;
      }
      const values = Object.entries(run.variables).map(([name, value]) => [name, toValue(value)]);
      store.getState().setValues(Object.fromEntries(values));
      setOpen(false);
      show(words("valuesTaken"));
    } catch (error) {
      show(sentence(error), "danger");
    }
  }

  return (
    <>
      <Button
        variant="ghost"
        size="sm"
        onClick={() => {
          setOpen(true);
        }}
      >
        <History />
        {words("pastRuns")}
      </Button>
      <Dialog
        open={isOpen}
        onOpenChange={setOpen}
        title={words("pastRuns")}
        description={words("pastRunsHint")}
      >
        {runs.error === null ? null : (
          <ErrorPanel error={runs.error} onRetry={() => void runs.refetch()} />
        )}
        {runs.data?.length === 0 ? <p className="text-muted">{words("noRuns")}</p> : null}
        <ul className="flex flex-col">
          {runs.data?.map((run) => (
            <li key={run.id}>
              <button
                type="button"
                className="flex w-full flex-wrap items-center gap-x-3 gap-y-1 rounded-sm border-b px-2 py-2 text-left text-sm hover:bg-foreground/8"
                onClick={() => void take(run.id)}
              >
                <Badge
                  tone={
                    run.status === "succeeded"
                      ? "success"
                      : run.status === "failed"
                        ? "danger"
                        : "plain"
                  }
                >
                  {words(`statuses.${run.status}`)}
                </Badge>
                <span>{format.relativeTime(new Date(run.started_at), now)}</span>
                <span className="font-mono text-xs">{run.version ?? words("draft")}</span>
                <span className="min-w-0 flex-1 truncate font-mono text-xs text-muted">
                  {run.model}
                </span>
              </button>
            </li>
          ))}
        </ul>
      </Dialog>
    </>
  );
}
