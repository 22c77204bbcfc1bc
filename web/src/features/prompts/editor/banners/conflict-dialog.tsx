"use client";

import { useState } from "react";

import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { useWords } from "@/lib/i18n/words";

import { fromRead } from "../content";
import { ContentDiff } from "../diff/version-diff";
import { useEditorScope } from "../editor-scope";
import { baseOf } from "../saving";
import { useEditor, useEditorStore } from "../store";
import { asRead } from "../diff/as-read";

type Pair = "mine" | "theirs" | "both";

/**
 * The draft was saved in another tab or on another device: what they changed and what I changed
 * since the text that both began from, and which of the two stays.
 */
export function ConflictDialog({ onClose }: { onClose: () => void }) {
  const words = useWords("editor.conflict");
  const store = useEditorStore();
  const { saving } = useEditorScope();
  const content = useEditor((state) => state.content);
  const base = useEditor((state) => state.base);
  const theirs = useEditor((state) => state.theirs);
  const [pair, setPair] = useState<Pair>("both");
  if (theirs === null) return null;
  const states = {
    base: { content: asRead(base.content), name: words("base") },
    mine: { content: asRead(content), name: words("mine") },
    theirs: { content: theirs.content, name: words("theirs") },
  };
  const [before, after] = {
    both: [states.theirs, states.mine] as const,
    mine: [states.base, states.mine] as const,
    theirs: [states.base, states.theirs] as const,
  }[pair];

  async function keepMine() {
    if (theirs === null) return;
    // Theirs becomes what mine is saved over.
    store
      .getState()
      .settle({ base: baseOf(theirs, fromRead(theirs.content)), theirs: null, status: "unsaved" });
    onClose();
    await saving.flush();
  }

  function takeTheirs() {
    if (theirs === null) return;
    store.getState().adopt(baseOf(theirs, fromRead(theirs.content)), theirs.problem);
    onClose();
  }

  return (
    <Dialog
      open
      wide
      onOpenChange={onClose}
      title={words("title")}
      description={words("hint")}
      footer={
        <>
          <Button onClick={takeTheirs}>{words("takeTheirs")}</Button>
          <Button variant="primary" onClick={() => void keepMine()}>
            {words("keepMine")}
          </Button>
        </>
      }
    >
      <div role="group" aria-label={words("compare")} className="mb-3 flex flex-wrap gap-1">
        {(["both", "mine", "theirs"] as const).map((one) => (
          <Button
            key={one}
            size="sm"
            variant={one === pair ? "primary" : "secondary"}
            aria-pressed={one === pair}
            onClick={() => {
              setPair(one);
            }}
          >
            {words(`pairs.${one}`)}
          </Button>
        ))}
      </div>
      <ContentDiff
        before={before.content}
        after={after.content}
        beforeName={before.name}
        afterName={after.name}
      />
    </Dialog>
  );
}
