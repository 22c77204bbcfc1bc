"use client";

import { Play, Settings2, Square, X } from "lucide-react";

import { Button } from "@/components/ui/button";
import { Field } from "@/components/ui/field";
import { Input, NativeSelect } from "@/components/ui/input";
import { Popover } from "@/components/ui/popover";
import { useMay } from "@/features/access/api";
import { useModels } from "@/features/providers/api";
import { useWords } from "@/lib/i18n/words";

import { useVersions } from "../../api";
import { useEditorScope } from "../editor-scope";
import { useEditor } from "../store";
import { OutcomeView } from "./outcome-view";
import { useRuns, useRunScope } from "./run-scope";
import type { Variant } from "./run-store";

/** One variant: its version and model on top, its answer below. */
export function VariantColumn({ variant, letter }: { variant: Variant; letter: string }) {
  const words = useWords("editor.run");
  const { store, runner, runOne } = useRunScope();
  const { isReadOnly } = useEditorScope();
  const isOnly = useRuns((state) => state.variants.length === 1);
  const outcome = useRuns((state) => state.outcomes[variant.key]);
  const mayRun = useMay("runs.run");
  const prompt = useEditor((state) => state.prompt);
  const versions = useVersions(prompt.id);
  const numbers =
    versions.data?.pages.flatMap((page) => page.data.map(({ version }) => version)) ?? [];
  return (
    <section
      aria-label={words("variant", { letter })}
      className="flex min-h-48 min-w-0 flex-col border-r border-b"
    >
      <header className="flex items-center gap-1 border-b bg-surface px-2 py-1">
        <span className="inline-flex size-6 items-center justify-center rounded-sm bg-accent-soft text-sm font-semibold text-accent-text">
          {letter}
        </span>
        <NativeSelect
          aria-label={words("versionOf", { letter })}
          className="w-auto min-w-22"
          value={variant.version}
          onChange={(event) => {
            store.getState().changeVariant(variant.key, { version: event.target.value });
          }}
        >
          {isReadOnly ? null : <option value="draft">{words("draft")}</option>}
          {numbers.map((number) => (
            <option key={number} value={number}>
              {number}
            </option>
          ))}
        </NativeSelect>
        <VariantSettings variant={variant} letter={letter} />
        <div className="flex-1" />
        {outcome?.status === "running" ? (
          <Button size="sm" onClick={() => void runner.stop(variant.key)}>
            <Square />
            {words("stop")}
          </Button>
        ) : mayRun ? (
          <Button
            size="icon-sm"
            variant="ghost"
            aria-label={words("runOne", { letter })}
            onClick={() => {
              runOne(variant);
            }}
          >
            <Play />
          </Button>
        ) : null}
        {isOnly ? null : (
          <Button
            size="icon-sm"
            variant="ghost"
            aria-label={words("remove", { letter })}
            onClick={() => {
              void runner.stop(variant.key);
              store.getState().removeVariant(variant.key);
            }}
          >
            <X />
          </Button>
        )}
      </header>
      <OutcomeView outcome={outcome} letter={letter} />
    </section>
  );
}

function VariantSettings({ variant, letter }: { variant: Variant; letter: string }) {
  const words = useWords("editor.run");
  const config = useWords("editor.config");
  const { store } = useRunScope();
  const { isReadOnly } = useEditorScope();
  const models = useModels();
  if (isReadOnly) return null;
  const change = (part: Partial<Variant>) => {
    store.getState().changeVariant(variant.key, part);
  };
  const changed = [variant.model, variant.temperature, variant.maxTokens].filter(
    (value) => value !== null,
  );
  const shown = changed.length === 0 ? words("asVersion") : changed.join(" · ");
  return (
    <Popover
      label={words("settingsOf", { letter })}
      align="start"
      trigger={
        <Button
          variant="ghost"
          size="sm"
          aria-label={`${words("settingsOf", { letter })}: ${shown}`}
          className="min-w-0 shrink"
        >
          <Settings2 />
          <span className="truncate">{shown}</span>
        </Button>
      }
    >
      <div className="flex flex-col gap-3">
        <Field label={config("model")}>
          {(control) => (
            <NativeSelect
              {...control}
              value={variant.model ?? ""}
              onChange={(event) => {
                change({ model: event.target.value === "" ? null : event.target.value });
              }}
            >
              <option value="">{words("asVersion")}</option>
              {models.data?.map(({ model }) => (
                <option key={model} value={model}>
                  {model}
                </option>
              ))}
            </NativeSelect>
          )}
        </Field>
        <Field label={config("temperature")}>
          {(control) => (
            <Input
              {...control}
              type="number"
              min={0}
              max={2}
              step={0.1}
              placeholder={words("asVersion")}
              value={variant.temperature ?? ""}
              onChange={(event) => {
                change({
                  temperature: event.target.value === "" ? null : Number(event.target.value),
                });
              }}
            />
          )}
        </Field>
        <Field label={config("maxTokens")}>
          {(control) => (
            <Input
              {...control}
              type="number"
              min={1}
              step={1}
              placeholder={words("asVersion")}
              value={variant.maxTokens ?? ""}
              onChange={(event) => {
                change({
                  maxTokens: event.target.value === "" ? null : Number(event.target.value),
                });
              }}
            />
          )}
        </Field>
      </div>
    </Popover>
  );
}
