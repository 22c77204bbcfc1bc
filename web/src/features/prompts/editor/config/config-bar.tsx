"use client";

import { Braces, SlidersHorizontal, Wrench } from "lucide-react";
import dynamic from "next/dynamic";
import { useState } from "react";

import { Button } from "@/components/ui/button";
import { NativeSelect } from "@/components/ui/input";
import { Popover } from "@/components/ui/popover";
import { useModels } from "@/features/providers/api";
import { useWords } from "@/lib/i18n/words";

import type { Config } from "../content";
import { useEditorScope } from "../editor-scope";
import { useEditor, useEditorStore } from "../store";

const ParameterForm = dynamic(async () => (await import("./parameter-form")).ParameterForm, {
  ssr: false,
});
const ToolsDialog = dynamic(async () => (await import("./tools-dialog")).ToolsDialog, {
  ssr: false,
});
const SchemaDialog = dynamic(async () => (await import("./schema-dialog")).SchemaDialog, {
  ssr: false,
});

/** The model and what goes to it beside the text; all of it is versioned with the prompt. */
export function ConfigBar() {
  const words = useWords("editor.config");
  const store = useEditorStore();
  const { isReadOnly } = useEditorScope();
  const config = useEditor((state) => state.content.config);
  const models = useModels();
  const [dialog, setDialog] = useState<"tools" | "schema" | null>(null);
  const change = (part: Partial<Config>) => {
    store.getState().change({ config: { ...store.getState().content.config, ...part } });
  };
  const isListed = models.data?.some(({ model }) => model === config.model) ?? true;
  const hasSchema = config.response_format?.type === "json_schema";
  return (
    <div className="flex flex-wrap items-center gap-1 border-b px-3 py-1.5">
      <NativeSelect
        aria-label={words("model")}
        className="w-auto max-w-full min-w-0 font-mono text-xs sm:max-w-72"
        value={config.model}
        disabled={isReadOnly}
        onChange={(event) => {
          change({ model: event.target.value });
        }}
      >
        {isListed ? null : <option value={config.model}>{config.model || words("noModel")}</option>}
        {models.data?.map(({ model }) => (
          <option key={model} value={model}>
            {model}
          </option>
        ))}
      </NativeSelect>
      <Popover
        label={words("parameters")}
        align="start"
        trigger={
          <Button variant="ghost" size="sm">
            <SlidersHorizontal />
            {words("parameters")}
          </Button>
        }
      >
        <ParameterForm config={config} isReadOnly={isReadOnly} onChange={change} />
      </Popover>
      <Button
        variant="ghost"
        size="sm"
        onClick={() => {
          setDialog("tools");
        }}
      >
        <Wrench />
        {words("tools")}
        <span className="text-muted tabular-nums">{config.tools?.length ?? 0}</span>
      </Button>
      <Button
        variant="ghost"
        size="sm"
        onClick={() => {
          setDialog("schema");
        }}
      >
        <Braces />
        {words("outputSchema")}
        <span className="text-muted">
          {hasSchema ? config.response_format?.json_schema?.name : words("none")}
        </span>
      </Button>
      {dialog === "tools" ? (
        <ToolsDialog
          config={config}
          isReadOnly={isReadOnly}
          onChange={change}
          onClose={() => {
            setDialog(null);
          }}
        />
      ) : null}
      {dialog === "schema" ? (
        <SchemaDialog
          config={config}
          isReadOnly={isReadOnly}
          onChange={change}
          onClose={() => {
            setDialog(null);
          }}
        />
      ) : null}
    </div>
  );
}
