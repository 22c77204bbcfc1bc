"use client";

import { MoreHorizontal, RotateCcw, TriangleAlert } from "lucide-react";
import { useState } from "react";

import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Menu, MenuItem } from "@/components/ui/menu";
import { useErrorSentence } from "@/lib/i18n/error-words";
import { useWords } from "@/lib/i18n/words";
import { useToasts } from "@/lib/toasts";

import { saveDraft, useDeprecate, type Version } from "../../api";
import { fromRead, toInput } from "../content";
import { useEditorScope } from "../editor-scope";
import { baseOf } from "../saving";
import { isSame, useEditorStore } from "../store";

type Props = { version: Version; onRestored: () => void };

/** What can be done with a version: take it into the draft, advise against it. */
export function VersionActions({ version, onRestored }: Props) {
  const words = useWords("editor.history");
  const common = useWords("common");
  const store = useEditorStore();
  const { isReadOnly, saving } = useEditorScope();
  const deprecate = useDeprecate(store.getState().prompt.id);
  const show = useToasts((state) => state.show);
  const sentence = useErrorSentence();
  const [isAsking, setAsking] = useState(false);
  if (isReadOnly) return null;
  const isDeprecated = version.status === "Deprecated";

  async function restore() {
    const { prompt, base, adopt } = store.getState();
    const content = fromRead(version.content);
    const input = toInput(content);
    if (input === null) return;
    try {
      const draft = await saveDraft(prompt.id, input, base.edit, version.version);
      adopt(baseOf(draft, content), draft.problem);
      show(words("restored", { version: version.version }));
      onRestored();
    } catch (error) {
      show(sentence(error), "danger");
    }
  }

  async function askOrRestore() {
    await saving.flush();
    const { base, content, prompt } = store.getState();
    const hasOwnText =
      base.edit !== null &&
      prompt.latest_version !== null &&
      !isSame(content, fromRead(version.content));
    if (hasOwnText) setAsking(true);
    else await restore();
  }

  return (
    <>
      <Button onClick={() => void askOrRestore()}>
        <RotateCcw />
        {words("restore")}
      </Button>
      <Menu
        trigger={
          <Button variant="ghost" size="icon" aria-label={common("more")}>
            <MoreHorizontal />
          </Button>
        }
      >
        <MenuItem
          onSelect={() => {
            deprecate.mutate(
              { version: version.version, isDeprecated: !isDeprecated },
              {
                onError: (error) => {
                  show(sentence(error), "danger");
                },
              },
            );
          }}
        >
          <TriangleAlert aria-hidden />
          {isDeprecated ? words("undeprecate") : words("deprecate")}
        </MenuItem>
      </Menu>
      <Dialog
        open={isAsking}
        onOpenChange={setAsking}
        title={words("restoreTitle", { version: version.version })}
        description={words("restoreHint")}
        footer={
          <>
            <Button
              onClick={() => {
                setAsking(false);
              }}
            >
              {common("cancel")}
            </Button>
            <Button
              variant="danger"
              onClick={() => {
                setAsking(false);
                void restore();
              }}
            >
              {words("replaceDraft")}
            </Button>
          </>
        }
      >
        <p className="text-sm">{words("restoreSafe")}</p>
      </Dialog>
    </>
  );
}
