"use client";

import { useState } from "react";

import { CodeEditor } from "@/components/code-editor/lazy";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Field } from "@/components/ui/field";
import { NativeSelect } from "@/components/ui/input";
import { useWords } from "@/lib/i18n/words";

import type { Config } from "../content";
import { checkTools, EXAMPLE_TOOLS } from "./check-json";

type Props = {
  config: Config;
  isReadOnly: boolean;
  onChange: (part: Partial<Config>) => void;
  onClose: () => void;
};

const CHOICES = ["auto", "none", "required"] as const;

/** The tools that the model may ask for, as OpenAI's JSON. */
export function ToolsDialog({ config, isReadOnly, onChange, onClose }: Props) {
  const words = useWords("editor.config");
  const common = useWords("common");
  const [text, setText] = useState(() =>
    config.tools?.length ? JSON.stringify(config.tools, null, 2) : "",
  );
  const [epoch, setEpoch] = useState(0);
  const [choice, setChoice] = useState(
    typeof config.tool_choice === "string" ? config.tool_choice : "",
  );
  const checked = checkTools(text);
  return (
    <Dialog
      open
      wide
      onOpenChange={onClose}
      title={words("toolsTitle")}
      description={words("toolsHint")}
      footer={
        <>
          {text.trim() === "" && !isReadOnly ? (
            <Button
              onClick={() => {
                setText(EXAMPLE_TOOLS);
                setEpoch(epoch + 1);
              }}
            >
              {words("insertExample")}
            </Button>
          ) : null}
          <Button onClick={onClose}>{common("cancel")}</Button>
          {isReadOnly ? null : (
            <Button
              variant="primary"
              disabled={checked.kind === "wrong"}
              onClick={() => {
                if (checked.kind === "wrong") return;
                onChange({
                  tools: checked.tools,
                  tool_choice:
                    checked.tools.length === 0
                      ? null
                      : (CHOICES.find((one) => one === choice) ?? null),
                });
                onClose();
              }}
            >
              {words("apply")}
            </Button>
          )}
        </>
      }
    >
      <div className="flex flex-col gap-3">
        <div className="h-[50vh] rounded-md border">
          <CodeEditor
            value={text}
            epoch={epoch}
            label={words("toolsTitle")}
            language="json"
            readOnly={isReadOnly}
            placeholder="[]"
            onChange={setText}
          />
        </div>
        {checked.kind === "wrong" ? (
          <p role="alert" className="text-sm text-danger dark:text-variable-6">
            {words(`wrong.${checked.word}`, { detail: checked.detail })}
          </p>
        ) : null}
        <Field label="tool_choice" className="max-w-60">
          {(control) => (
            <NativeSelect
              {...control}
              disabled={isReadOnly}
              value={choice}
              onChange={(event) => {
                setChoice(event.target.value);
              }}
            >
              <option value="">{words("notSent")}</option>
              {CHOICES.map((one) => (
                <option key={one} value={one}>
                  {one}
                </option>
              ))}
            </NativeSelect>
          )}
        </Field>
      </div>
    </Dialog>
  );
}
