"use client";

import { useState } from "react";

import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { useErrorSentence } from "@/lib/i18n/error-words";
import { useWords } from "@/lib/i18n/words";
import { useToasts } from "@/lib/toasts";

import { saveDraft } from "../../api";
import { toInput } from "../content";
import { VersionDiff } from "../diff/version-diff";
import { useEditorScope } from "../editor-scope";
import { baseOf } from "../saving";
import { useEditor, useEditorStore } from "../store";

/** A version was published after this draft began: what it changed, what I changed, and both. */
export function BehindDialog({ onClose }: { onClose: () => void }) {
  const words = useWords("editor.behind");
  const store = useEditorStore();
  const { saving } = useEditorScope();
  const prompt = useEditor((state) => state.prompt);
  const base = useEditor((state) => state.base);
  const [pair, setPair] = useState(0);
  const show = useToasts((state) => state.show);
  const sentence = useErrorSentence();
  const latest = prompt.latest_version;
  if (latest === null) return null;
  const pairs = [
    { word: "both" as const, from: latest, to: "draft" },
    ...(base.version === null
      ? []
      : [
          { word: "theirs" as const, from: base.version, to: latest },
          { word: "mine" as const, from: base.version, to: "draft" },
        ]),
  ];
  const shown = pairs[pair] ?? pairs[0];

  async function goOn() {
    const input = toInput(store.getState().content);
    if (input === null || latest === null) return;
    try {
      await saving.flush();
      const { base: now, content, settle } = store.getState();
      const draft = await saveDraft(prompt.id, input, now.edit, latest);
      settle({ base: baseOf(draft, content), problem: draft.problem });
      onClose();
    } catch (error) {
      show(sentence(error), "danger");
    }
  }

  return (
    <Dialog
      open
      wide
      onOpenChange={onClose}
      title={words("title", { version: latest })}
      description={words("hint")}
      footer={
        <>
          <Button onClick={onClose}>{words("later")}</Button>
          <Button variant="primary" onClick={() => void goOn()}>
            {words("goOn", { version: latest })}
          </Button>
        </>
      }
    >
      <div role="group" aria-label={words("compare")} className="mb-3 flex flex-wrap gap-1">
        {pairs.map(({ word, from, to }, index) => (
          <Button
            key={word}
            size="sm"
            variant={index === pair ? "primary" : "secondary"}
            aria-pressed={index === pair}
            onClick={() => {
              setPair(index);
            }}
          >
            {words(`pairs.${word}`, { from, to: to === "draft" ? words("draft") : to })}
          </Button>
        ))}
      </div>
      {shown === undefined ? null : (
        <VersionDiff prompt={prompt.id} from={shown.from} to={shown.to} />
      )}
    </Dialog>
  );
}
