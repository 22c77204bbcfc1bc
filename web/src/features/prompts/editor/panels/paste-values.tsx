"use client";

import { useState } from "react";

import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Field } from "@/components/ui/field";
import { Textarea } from "@/components/ui/input";
import { useWords } from "@/lib/i18n/words";

import { useEditorScope } from "../editor-scope";
import { useEditor, useEditorStore } from "../store";
import { parseValues, readValues } from "../values";

/** All values at once, as one JSON object. */
export function PasteValues({ onClose }: { onClose: () => void }) {
  const words = useWords("editor.variables");
  const common = useWords("common");
  const store = useEditorStore();
  const { live } = useEditorScope();
  const values = useEditor((state) => state.values);
  const [text, setText] = useState(() => {
    const { variables } = readValues(live.getState().variables.names, values);
    return Object.keys(variables).length === 0 ? "" : JSON.stringify(variables, null, 2);
  });
  const parsed = parseValues(text);
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={words("pasteTitle")}
      description={words("pasteHint")}
      footer={
        <>
          <Button onClick={onClose}>{common("cancel")}</Button>
          <Button
            variant="primary"
            disabled={parsed === null}
            onClick={() => {
              if (parsed !== null) store.getState().setValues(parsed);
              onClose();
            }}
          >
            {words("take")}
          </Button>
        </>
      }
    >
      <Field label="JSON" error={text.trim() !== "" && parsed === null ? words("noObject") : null}>
        {(control) => (
          <Textarea
            {...control}
            rows={10}
            spellCheck={false}
            className="font-mono"
            placeholder={'{"topic": "…"}'}
            value={text}
            onChange={(event) => {
              setText(event.target.value);
            }}
          />
        )}
      </Field>
    </Dialog>
  );
}
