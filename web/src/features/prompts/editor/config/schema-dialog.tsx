"use client";

import { useState } from "react";

import { CodeEditor } from "@/components/code-editor/lazy";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { useWords } from "@/lib/i18n/words";

import type { Config } from "../content";
import { checkSchema, EXAMPLE_SCHEMA, isName } from "./check-json";

type Props = {
  config: Config;
  isReadOnly: boolean;
  onChange: (part: Partial<Config>) => void;
  onClose: () => void;
};

/** The JSON Schema that the answer follows; empty for free text. */
export function SchemaDialog({ config, isReadOnly, onChange, onClose }: Props) {
  const words = useWords("editor.config");
  const common = useWords("common");
  const format = config.response_format?.json_schema;
  const [text, setText] = useState(() =>
    format == null ? "" : JSON.stringify(format.schema, null, 2),
  );
  const [epoch, setEpoch] = useState(0);
  const [name, setName] = useState(format?.name ?? "answer");
  const [isStrict, setStrict] = useState(format?.strict ?? true);
  const checked = checkSchema(text);

  function apply() {
    if (checked.kind === "wrong") return;
    onChange({
      response_format:
        checked.schema === null
          ? null
          : {
              type: "json_schema",
              json_schema: { name, schema: checked.schema, strict: isStrict },
            },
    });
    onClose();
  }

  return (
    <Dialog
      open
      wide
      onOpenChange={onClose}
      title={words("schemaTitle")}
      description={words("schemaHint")}
      footer={
        <>
          {text.trim() === "" && !isReadOnly ? (
            <Button
              onClick={() => {
                setText(EXAMPLE_SCHEMA);
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
              disabled={checked.kind === "wrong" || !isName(name)}
              onClick={apply}
            >
              {words("apply")}
            </Button>
          )}
        </>
      }
    >
      <div className="flex flex-col gap-3">
        <div className="flex flex-wrap items-end gap-4">
          <Field label={words("schemaName")} error={isName(name) ? null : words("wrong.name")}>
            {(control) => (
              <Input
                {...control}
                value={name}
                readOnly={isReadOnly}
                className="font-mono"
                onChange={(event) => {
                  setName(event.target.value);
                }}
              />
            )}
          </Field>
          <label className="flex h-8 items-center gap-1.5 text-sm">
            <input
              type="checkbox"
              checked={isStrict}
              disabled={isReadOnly}
              onChange={(event) => {
                setStrict(event.target.checked);
              }}
            />
            {words("strict")}
          </label>
        </div>
        <div className="h-[45vh] rounded-md border">
          <CodeEditor
            value={text}
            epoch={epoch}
            label={words("schemaTitle")}
            language="json"
            readOnly={isReadOnly}
            placeholder="{}"
            onChange={setText}
          />
        </div>
        {checked.kind === "wrong" ? (
          <p role="alert" className="text-sm text-danger dark:text-variable-6">
            {words(`wrong.${checked.word}`, { detail: checked.detail })}
          </p>
        ) : null}
      </div>
    </Dialog>
  );
}
