"use client";

import { ClipboardPaste } from "lucide-react";
import dynamic from "next/dynamic";
import { useState } from "react";

import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { NativeSelect, Textarea } from "@/components/ui/input";
import { cn } from "@/lib/class-names";
import { useWords } from "@/lib/i18n/words";

import { useLive } from "../editor-scope";
import { useEditor, useEditorStore } from "../store";
import { NO_VALUE, type ValueType, withType } from "../values";
import { useVariableColors } from "../variable-colors";
import { SampleMenu } from "./sample-menu";

const PasteValues = dynamic(async () => (await import("./paste-values")).PasteValues, {
  ssr: false,
});
const TYPES: readonly ValueType[] = ["text", "number", "boolean", "json"];

/** The variables of the prompt as they appear in its text, each with the value to try it with. */
export function VariablePanel() {
  const words = useWords("editor.variables");
  const { names, required } = useLive((live) => live.variables);
  const [isPasting, setPasting] = useState(false);
  return (
    <section aria-label={words("title")} className="flex flex-col">
      <header className="flex h-10 items-center gap-1 px-3">
        <h2 className="text-sm font-semibold">{words("title")}</h2>
        <span className="text-xs text-muted tabular-nums">{names.length}</span>
        <div className="flex-1" />
        <SampleMenu />
        <Button
          variant="ghost"
          size="sm"
          onClick={() => {
            setPasting(true);
          }}
        >
          <ClipboardPaste />
          {words("pasteJson")}
        </Button>
      </header>
      {names.length === 0 ? (
        <p className="px-3 pb-3 text-sm text-muted">{words("none")}</p>
      ) : (
        <ul className="flex flex-col gap-3 px-3 pb-3">
          {names.map((name) => (
            <VariableRow key={name} name={name} isRequired={required.includes(name)} />
          ))}
        </ul>
      )}
      {isPasting ? (
        <PasteValues
          onClose={() => {
            setPasting(false);
          }}
        />
      ) : null}
    </section>
  );
}

function VariableRow({ name, isRequired }: { name: string; isRequired: boolean }) {
  const words = useWords("editor.variables");
  const store = useEditorStore();
  const value = useEditor((state) => state.values[name] ?? NO_VALUE);
  const isInvalid = useLive((live) => live.invalid.includes(name));
  const colorOf = useVariableColors();
  const id = `variable-${name}`;
  const change = (text: string) => {
    store.getState().setValue(name, { ...value, text });
  };
  return (
    <li className="flex flex-col gap-1">
      <div className="flex items-center gap-2">
        <label
          htmlFor={id}
          className={cn("min-w-0 truncate font-mono text-sm font-semibold", colorOf(name))}
        >
          {name}
        </label>
        {isRequired ? null : <Badge>{words("optional")}</Badge>}
        <div className="flex-1" />
        <NativeSelect
          aria-label={words("typeOf", { name })}
          className="h-6 w-auto border-transparent bg-transparent text-xs text-muted"
          value={value.type}
          onChange={(event) => {
            const type = TYPES.find((one) => one === event.target.value) ?? "text";
            store.getState().setValue(name, withType(value, type));
          }}
        >
          {TYPES.map((type) => (
            <option key={type} value={type}>
              {words(`types.${type}`)}
            </option>
          ))}
        </NativeSelect>
      </div>
      {value.type === "boolean" ? (
        <NativeSelect
          id={id}
          value={value.text}
          onChange={(event) => {
            change(event.target.value);
          }}
        >
          <option value="">—</option>
          <option value="true">true</option>
          <option value="false">false</option>
        </NativeSelect>
      ) : (
        <Textarea
          id={id}
          rows={value.type === "json" ? 3 : 1}
          className={cn(
            "field-sizing-content max-h-48 min-h-8",
            value.type !== "text" && "font-mono",
          )}
          value={value.text}
          placeholder={isRequired ? words("fillIn") : words("leftOut")}
          inputMode={value.type === "number" ? "decimal" : undefined}
          {...(isInvalid ? { "aria-invalid": true, "aria-describedby": `${id}-wrong` } : {})}
          onChange={(event) => {
            change(event.target.value);
          }}
        />
      )}
      {isInvalid ? (
        <p id={`${id}-wrong`} role="alert" className="text-xs text-danger dark:text-variable-6">
          {value.type === "number" ? words("noNumber") : words("noJson")}
        </p>
      ) : null}
    </li>
  );
}
