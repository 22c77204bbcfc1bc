"use client";

import { Archive, Plus, Search } from "lucide-react";
import dynamic from "next/dynamic";
import { type ReactNode, useDeferredValue, useEffect, useState } from "react";

import { EmptyState } from "@/components/empty-state";
import { ErrorPanel } from "@/components/error-panel";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Input } from "@/components/ui/input";
import { KeyHint } from "@/components/ui/key-hint";
import { useMay, useProject } from "@/features/access/api";
import { useWords } from "@/lib/i18n/words";
import { replaceAddress, useQueryParams } from "@/lib/navigation";

import { type PromptFilter, usePrompts } from "../api";
import { addressOf, filterOf, isNarrowed } from "./filter";
import { FolderList } from "./folder-list";
import { PromptTable } from "./prompt-table";

const NewPrompt = dynamic(async () => (await import("./new-prompt")).NewPrompt, { ssr: false });

/**
 * Every prompt of the project: found by folder, tag or text, with what runs where at a glance.
 * `start` stands above them.
 */
export function PromptList({ start }: { start?: ReactNode }) {
  const words = useWords("prompts");
  const query = useQueryParams();
  const filter = filterOf(query);
  const [isAsked, setCreating] = useState(false);
  const isCreating = isAsked || query.get("new") === "1";
  const mayWrite = useMay("prompts.write");
  const project = useProject();
  const prompts = usePrompts({ ...filter, q: useDeferredValue(filter.q) });
  const rows = prompts.data?.pages.flatMap((page) => page.data) ?? [];
  const change = (part: Partial<PromptFilter>) => {
    replaceAddress(addressOf({ ...filter, ...part }));
  };

  useEffect(() => {
    document.title = `${words("title")} · PromptOps`;
  }, [words]);

  useEffect(() => {
    function listen(event: KeyboardEvent) {
      const isTyping =
        event.target instanceof Element &&
        event.target.closest("input, textarea, [role=dialog], [role=menu]");
      if (
        event.key === "n" &&
        mayWrite &&
        !isTyping &&
        !(event.metaKey || event.ctrlKey || event.altKey)
      ) {
        event.preventDefault();
        setCreating(true);
      }
    }
    window.addEventListener("keydown", listen);
    return () => {
      window.removeEventListener("keydown", listen);
    };
  }, [mayWrite]);

  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <header className="flex flex-wrap items-center gap-2 border-b bg-surface px-4 py-2">
        <h1 className="text-lg font-semibold">
          {filter.archived ? words("archiveTitle") : words("title")}
        </h1>
        <p className="min-w-0 truncate text-sm text-muted">{project?.name}</p>
        <div className="flex-1" />
        {mayWrite ? (
          <Button
            variant="primary"
            onClick={() => {
              setCreating(true);
            }}
          >
            <Plus />
            {words("new")}
            <KeyHint keys="N" />
          </Button>
        ) : null}
      </header>
      <div className="flex flex-wrap items-center gap-2 border-b px-4 py-2">
        <div className="relative min-w-0 flex-1 sm:max-w-sm">
          <Search className="absolute top-2 left-2 size-4 text-muted" aria-hidden />
          <Input
            type="search"
            className="pl-8"
            aria-label={words("search")}
            placeholder={words("searchHint")}
            value={filter.q}
            maxLength={200}
            onChange={(event) => {
              change({ q: event.target.value });
            }}
          />
        </div>
        <label className="flex items-center gap-1.5 text-sm text-muted">
          <input
            type="checkbox"
            checked={filter.inText}
            onChange={(event) => {
              change({ inText: event.target.checked });
            }}
          />
          {words("inText")}
        </label>
        {filter.tags.map((tag) => (
          <button
            key={tag}
            type="button"
            aria-label={words("removeTag", { tag })}
            onClick={() => {
              change({ tags: filter.tags.filter((other) => other !== tag) });
            }}
          >
            <Badge tone="accent">#{tag} ×</Badge>
          </button>
        ))}
        <Button
          variant="ghost"
          aria-pressed={filter.archived}
          onClick={() => {
            change({ archived: !filter.archived, folder: null });
          }}
        >
          <Archive />
          {filter.archived ? words("leaveArchive") : words("archive")}
        </Button>
      </div>
      <div className="flex min-h-0 flex-1 flex-col md:flex-row">
        {filter.archived ? null : (
          <FolderList
            chosen={filter.folder}
            onChoose={(folder) => {
              change({ folder });
            }}
          />
        )}
        <div className="min-w-0 flex-1 overflow-auto">
          {filter.archived ? null : start}
          {prompts.error !== null ? (
            <div className="p-4">
              <ErrorPanel error={prompts.error} onRetry={() => void prompts.refetch()} />
            </div>
          ) : null}
          {prompts.isPending ? <TableSkeleton /> : null}
          {prompts.isSuccess && rows.length === 0 ? (
            <NoPrompts
              filter={filter}
              mayWrite={mayWrite}
              onCreate={() => {
                setCreating(true);
              }}
              onClear={() => {
                change({ q: "", tags: [], folder: null });
              }}
            />
          ) : null}
          {rows.length > 0 ? (
            <PromptTable
              rows={rows}
              onTag={(tag) => {
                change({ tags: [...new Set([...filter.tags, tag])] });
              }}
            />
          ) : null}
          {prompts.hasNextPage ? (
            <div className="p-4 text-center">
              <Button
                disabled={prompts.isFetchingNextPage}
                onClick={() => void prompts.fetchNextPage()}
              >
                {words("loadMore")}
              </Button>
            </div>
          ) : null}
        </div>
      </div>
      {isCreating ? (
        <NewPrompt
          folder={filter.folder}
          onClose={() => {
            setCreating(false);
            if (query.get("new") === "1") change({});
          }}
        />
      ) : null}
    </div>
  );
}

function TableSkeleton() {
  return (
    <div aria-hidden className="flex flex-col gap-2 p-4">
      {[1, 2, 3, 4, 5].map((row) => (
        <div key={row} className="h-9 rounded-md bg-foreground/5" />
      ))}
    </div>
  );
}

type NoPromptsProps = {
  filter: PromptFilter;
  mayWrite: boolean;
  onCreate: () => void;
  onClear: () => void;
};

function NoPrompts({ filter, mayWrite, onCreate, onClear }: NoPromptsProps) {
  const words = useWords("prompts");
  if (isNarrowed(filter)) {
    return (
      <EmptyState
        title={words("nothingFound")}
        actions={<Button onClick={onClear}>{words("clearFilter")}</Button>}
      >
        {words("nothingFoundHint")}
      </EmptyState>
    );
  }
  if (filter.archived) return <EmptyState title={words("archiveEmpty")} />;
  return (
    <EmptyState
      title={words("empty")}
      actions={
        mayWrite ? (
          <Button variant="primary" size="lg" onClick={onCreate}>
            {words("first")}
          </Button>
        ) : undefined
      }
    >
      {mayWrite ? words("emptyHint") : words("emptyReader")}
    </EmptyState>
  );
}
