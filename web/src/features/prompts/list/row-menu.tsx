"use client";

import { Archive, ArchiveRestore, Copy, MoreHorizontal, Pencil } from "lucide-react";
import dynamic from "next/dynamic";
import { useState } from "react";

import { Button } from "@/components/ui/button";
import { Menu, MenuItem } from "@/components/ui/menu";
import { useMay } from "@/features/access/api";
import { useErrorSentence } from "@/lib/i18n/error-words";
import { useWords } from "@/lib/i18n/words";
import { useToasts } from "@/lib/toasts";

import { type Prompt, useArchivePrompt } from "../api";

const PromptDetails = dynamic(async () => (await import("./prompt-details")).PromptDetails, {
  ssr: false,
});

/** What can be done with a prompt from the list. */
export function RowMenu({ prompt }: { prompt: Prompt }) {
  const words = useWords("prompts");
  const mayWrite = useMay("prompts.write");
  const archive = useArchivePrompt();
  const show = useToasts((state) => state.show);
  const sentence = useErrorSentence();
  const [dialog, setDialog] = useState<"edit" | "duplicate" | null>(null);
  if (!mayWrite) return null;
  const isArchived = prompt.archived_at !== null;
  return (
    <>
      <Menu
        trigger={
          <Button
            variant="ghost"
            size="icon-sm"
            aria-label={words("actionsOf", { name: prompt.name })}
          >
            <MoreHorizontal />
          </Button>
        }
      >
        <MenuItem
          onSelect={() => {
            setDialog("edit");
          }}
        >
          <Pencil aria-hidden />
          {words("editDetails")}
        </MenuItem>
        <MenuItem
          onSelect={() => {
            setDialog("duplicate");
          }}
        >
          <Copy aria-hidden />
          {words("duplicate")}
        </MenuItem>
        <MenuItem
          onSelect={() => {
            // The row goes from the list before all is done, and takes what is told to `mutate` with it.
            void archive.mutateAsync({ prompt: prompt.id, isArchived: !isArchived }).then(
              () => {
                show(words(isArchived ? "unarchived" : "archivedNow", { name: prompt.name }));
              },
              (error: unknown) => {
                show(sentence(error), "danger");
              },
            );
          }}
        >
          {isArchived ? <ArchiveRestore aria-hidden /> : <Archive aria-hidden />}
          {isArchived ? words("unarchive") : words("archiveOne")}
        </MenuItem>
      </Menu>
      {dialog === null ? null : (
        <PromptDetails
          prompt={prompt}
          mode={dialog}
          onClose={() => {
            setDialog(null);
          }}
        />
      )}
    </>
  );
}
