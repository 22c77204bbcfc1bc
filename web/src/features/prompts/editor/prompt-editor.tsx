"use client";

import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";

import { EmptyState } from "@/components/empty-state";
import { ErrorPanel } from "@/components/error-panel";
import { PromptLink } from "@/components/prompt-link";
import { Button } from "@/components/ui/button";
import { useMay, useSession } from "@/features/access/api";
import { useModels } from "@/features/providers/api";
import { asApiError } from "@/lib/api/api-error";
import { useWords } from "@/lib/i18n/words";

import { fetchDraft, fetchVersion, type Prompt, usePrompt } from "../api";
import { EditorScope } from "./editor-scope";
import { openingOf, type Opening } from "./opening";
import { Workspace } from "./workspace";

/** The page of one prompt: loads it and opens it, with what was not saved the last time. */
export function PromptEditor({ alias }: { alias: string }) {
  const words = useWords("editor");
  const prompt = usePrompt(alias);

  useEffect(() => {
    if (prompt.data !== undefined) document.title = `${prompt.data.name} · PromptOps`;
  }, [prompt.data]);

  if (prompt.error !== null && prompt.data === undefined) {
    if (asApiError(prompt.error).status !== 404) {
      return (
        <div className="mx-auto w-full max-w-lg p-6">
          <ErrorPanel error={prompt.error} onRetry={() => void prompt.refetch()} />
        </div>
      );
    }
    return (
      <EmptyState
        title={words("noSuchPrompt")}
        actions={
          <Button asChild>
            <PromptLink href="/prompts">{words("allPrompts")}</PromptLink>
          </Button>
        }
      >
        {words("noSuchPromptHint", { alias })}
      </EmptyState>
    );
  }
  if (prompt.data === undefined) return <EditorSkeleton />;
  return <OpenPrompt prompt={prompt.data} />;
}

function OpenPrompt({ prompt }: { prompt: Prompt }) {
  const session = useSession();
  const mayWrite = useMay("prompts.write");
  const models = useModels();
  const user = session.data?.user.id ?? "";
  const owner = useMemo(() => ({ user, prompt: prompt.id }), [user, prompt.id]);
  const loaded = useQuery({
    queryKey: ["opening", prompt.id],
    queryFn: async () => {
      const draft =
        mayWrite && prompt.draft_updated_at !== null ? await fetchDraft(prompt.id) : null;
      const version =
        draft === null && prompt.latest_version !== null
          ? await fetchVersion(prompt.id, prompt.latest_version)
          : null;
      return { draft, version };
    },
    // The editor owns the text from here on; nothing is fetched over it.
    staleTime: Infinity,
    gcTime: 0,
  });
  const areModelsThere = models.data !== undefined || models.error !== null;

  const [opening, setOpening] = useState<Opening | null>(null);
  if (opening === null && loaded.data !== undefined && areModelsThere) {
    const { draft, version } = loaded.data;
    setOpening(openingOf(owner, draft, version, models.data?.[0]?.model ?? ""));
  }

  if (loaded.error !== null) {
    return (
      <div className="mx-auto w-full max-w-lg p-6">
        <ErrorPanel error={loaded.error} onRetry={() => void loaded.refetch()} />
      </div>
    );
  }
  if (opening === null) return <EditorSkeleton />;
  return (
    <EditorScope prompt={prompt} opening={opening} owner={owner} isReadOnly={!mayWrite}>
      <Workspace />
    </EditorScope>
  );
}

function EditorSkeleton() {
  return (
    <div aria-hidden className="flex min-h-0 flex-1 flex-col gap-3 p-4">
      <div className="h-8 w-80 max-w-full rounded-md bg-foreground/5" />
      <div className="grid min-h-0 flex-1 gap-3 lg:grid-cols-2">
        <div className="rounded-md bg-foreground/5" />
        <div className="rounded-md bg-foreground/5" />
      </div>
    </div>
  );
}
