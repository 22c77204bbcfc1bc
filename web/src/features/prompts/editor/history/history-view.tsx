"use client";

import { useState } from "react";
import { useFormatter, useNow } from "use-intl";

import { EmptyState } from "@/components/empty-state";
import { ErrorPanel } from "@/components/error-panel";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { NativeSelect } from "@/components/ui/input";
import { useDeployments } from "@/features/deployments/api";
import { cn } from "@/lib/class-names";
import { useWords } from "@/lib/i18n/words";

import { useVersions, type Version } from "../../api";
import { VersionDiff } from "../diff/version-diff";
import { useEditor } from "../store";
import { VersionActions } from "./version-actions";
import { VersionText } from "./version-text";

const NOTHING = "";

/** The versions left, the chosen one right: its text, or how it differs from another. */
export function HistoryView({ onEdit }: { onEdit: () => void }) {
  const words = useWords("editor.history");
  const prompt = useEditor((state) => state.prompt);
  const hasDraft = useEditor((state) => state.base.edit !== null);
  const versions = useVersions(prompt.id);
  const rows = versions.data?.pages.flatMap((page) => page.data) ?? [];
  const [chosen, setChosen] = useState<string | null>(null);
  const [against, setAgainst] = useState<string>(NOTHING);
  const version = rows.find((row) => row.version === chosen) ?? rows[0];

  if (versions.error !== null) {
    return (
      <div className="p-4">
        <ErrorPanel error={versions.error} onRetry={() => void versions.refetch()} />
      </div>
    );
  }
  if (versions.isSuccess && rows.length === 0) {
    return (
      <EmptyState
        title={words("empty")}
        actions={<Button onClick={onEdit}>{words("toEditor")}</Button>}
      >
        {words("emptyHint")}
      </EmptyState>
    );
  }
  return (
    <div className="flex min-h-0 flex-1 flex-col md:flex-row">
      <ol
        aria-label={words("versions")}
        className="shrink-0 overflow-auto border-b max-md:max-h-56 md:w-80 md:border-r md:border-b-0"
      >
        {rows.map((row) => (
          <VersionRow
            key={row.id}
            version={row}
            promptId={prompt.id}
            isChosen={row.id === version?.id}
            onChoose={() => {
              setChosen(row.version);
              setAgainst(NOTHING);
            }}
          />
        ))}
        {versions.hasNextPage ? (
          <li className="p-2 text-center">
            <Button
              size="sm"
              disabled={versions.isFetchingNextPage}
              onClick={() => void versions.fetchNextPage()}
            >
              {words("older")}
            </Button>
          </li>
        ) : null}
      </ol>
      {version === undefined ? null : (
        <section
          aria-label={words("versionNumber", { version: version.version })}
          className="min-w-0 flex-1 overflow-auto p-4"
        >
          <header className="mb-4 flex flex-wrap items-center gap-2">
            <h2 className="font-mono text-lg font-semibold">{version.version}</h2>
            {version.status === "Deprecated" ? (
              <Badge tone="warning">{words("deprecated")}</Badge>
            ) : null}
            <div className="flex-1" />
            <label className="flex items-center gap-2 text-sm text-muted">
              {words("compareWith")}
              <NativeSelect
                className="w-auto"
                value={against}
                onChange={(event) => {
                  setAgainst(event.target.value);
                }}
              >
                <option value={NOTHING}>{words("nothing")}</option>
                {hasDraft ? <option value="draft">{words("draft")}</option> : null}
                {rows
                  .filter((row) => row.id !== version.id)
                  .map((row) => (
                    <option key={row.id} value={row.version}>
                      {row.version}
                    </option>
                  ))}
              </NativeSelect>
            </label>
            <VersionActions version={version} onRestored={onEdit} />
          </header>
          {version.message === null ? null : (
            <p className="mb-4 whitespace-pre-wrap">{version.message}</p>
          )}
          {against === NOTHING ? (
            <VersionText version={version} />
          ) : (
            <VersionDiff prompt={prompt.id} {...orderOf(version.version, against)} />
          )}
        </section>
      )}
    </div>
  );
}

/** The older state first; a draft is newer than every version. */
function orderOf(one: string, other: string): { from: string; to: string } {
  if (other === "draft") return { from: one, to: other };
  const isOlder = compareVersions(one, other) < 0;
  return isOlder ? { from: one, to: other } : { from: other, to: one };
}

function compareVersions(one: string, other: string): number {
  const left = one.split(".").map(Number);
  const right = other.split(".").map(Number);
  const at = left.findIndex((number, index) => number !== right[index]);
  return at === -1 ? 0 : (left[at] ?? 0) - (right[at] ?? 0);
}

type RowProps = { version: Version; promptId: string; isChosen: boolean; onChoose: () => void };

function VersionRow({ version, promptId, isChosen, onChoose }: RowProps) {
  const words = useWords("editor.history");
  const format = useFormatter();
  const now = useNow();
  const deployments = useDeployments(promptId);
  const places = deployments.data?.filter((one) => one.version === version.version) ?? [];
  return (
    <li>
      <button
        type="button"
        aria-current={isChosen ? "true" : undefined}
        onClick={onChoose}
        className={cn(
          "flex w-full flex-col gap-0.5 border-b px-4 py-2 text-left hover:bg-foreground/4",
          isChosen && "bg-accent-soft hover:bg-accent-soft",
        )}
      >
        <span className="flex flex-wrap items-center gap-1.5">
          <span className="font-mono font-medium">{version.version}</span>
          {places.map(({ environment }) => (
            <Badge key={environment} tone={environment === "prod" ? "success" : "accent"}>
              {environment}
            </Badge>
          ))}
          {version.status === "Deprecated" ? (
            <Badge tone="warning">{words("deprecated")}</Badge>
          ) : null}
        </span>
        <span className="line-clamp-2 text-sm">
          {version.message ?? <span className="text-muted">{words("noMessage")}</span>}
        </span>
        <span
          className="text-xs text-muted"
          title={format.dateTime(new Date(version.published_at), {
            dateStyle: "medium",
            timeStyle: "short",
          })}
        >
          {format.relativeTime(new Date(version.published_at), now)}
        </span>
      </button>
    </li>
  );
}
