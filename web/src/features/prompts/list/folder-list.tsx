"use client";

import { Folder, FolderOpen } from "lucide-react";

import { cn } from "@/lib/class-names";
import { useWords } from "@/lib/i18n/words";

import { useFolders } from "../api";

type Props = { chosen: string | null; onChoose: (folder: string | null) => void };

/** The folders of the names, each with how many prompts it holds; beside the list, on a phone above it. */
export function FolderList({ chosen, onChoose }: Props) {
  const words = useWords("prompts");
  const { data } = useFolders();
  if (data === undefined || data.length === 0) return null;
  const entries = [{ folder: null, prompts: null }, ...data];
  return (
    <nav
      aria-label={words("folders")}
      className="flex shrink-0 gap-1 overflow-auto border-b p-2 md:w-52 md:flex-col md:border-r md:border-b-0"
    >
      {entries.map((entry) => {
        const isChosen = entry.folder === chosen;
        const depth = entry.folder === null ? 0 : entry.folder.split("/").length - 1;
        const Icon = isChosen ? FolderOpen : Folder;
        return (
          <button
            key={entry.folder ?? ""}
            type="button"
            aria-current={isChosen ? "true" : undefined}
            title={entry.folder ?? undefined}
            onClick={() => {
              onChoose(entry.folder);
            }}
            className={cn(
              "flex shrink-0 items-center gap-2 rounded-md px-2 py-1 text-left text-sm hover:bg-foreground/8",
              isChosen && "bg-accent-soft font-medium text-accent-text",
              ["md:ml-0", "md:ml-3", "md:ml-6", "md:ml-9"][Math.min(depth, 3)],
            )}
          >
            <Icon className="size-4 shrink-0" aria-hidden />
            <span className="min-w-0 flex-1 truncate">
              {entry.folder === null ? words("allFolders") : entry.folder.split("/").at(-1)}
            </span>
            {entry.prompts === null ? null : (
              <span className="text-xs text-muted tabular-nums">{entry.prompts}</span>
            )}
          </button>
        );
      })}
    </nav>
  );
}
