import { useQueryClient } from "@tanstack/react-query";
import { useCallback } from "react";

import { fetchDraft, fetchPrompt, fetchVersion, PROMPTS_KEY } from "../api";
import { fromRead } from "./content";
import { useEditorScope } from "./editor-scope";
import { baseOf } from "./saving";
import { useEditorStore } from "./store";

/** Shows what the server has now: after a publication, a restore, a decision about a conflict. */
export function useReload(): () => Promise<void> {
  const client = useQueryClient();
  const store = useEditorStore();
  const { isReadOnly } = useEditorScope();
  return useCallback(async () => {
    const { prompt: known, adopt, setPrompt } = store.getState();
    const prompt = await fetchPrompt(known.id);
    const draft =
      isReadOnly || prompt.draft_updated_at === null ? null : await fetchDraft(prompt.id);
    if (draft !== null) {
      adopt(baseOf(draft, fromRead(draft.content)), draft.problem);
    } else if (prompt.latest_version !== null) {
      const version = await fetchVersion(prompt.id, prompt.latest_version);
      adopt({ edit: null, version: version.version, content: fromRead(version.content) }, null);
    }
    setPrompt(prompt);
    await client.invalidateQueries({ queryKey: PROMPTS_KEY });
  }, [client, store, isReadOnly]);
}
