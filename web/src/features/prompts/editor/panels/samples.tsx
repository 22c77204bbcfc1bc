"use client";

import { Trash2 } from "lucide-react";
import { useState } from "react";

import { Button } from "@/components/ui/button";
import { Input } from "@/components/ui/input";
import { useErrorSentence } from "@/lib/i18n/error-words";
import { useWords } from "@/lib/i18n/words";
import { useToasts } from "@/lib/toasts";

import { useDeleteSample, useSamples, useSaveSample } from "../../samples-api";
import { useEditorScope } from "../editor-scope";
import { useEditorStore } from "../store";
import { readValues, toValue } from "../values";

/** The saved samples of the prompt: load one, or save the values as they stand under a name. */
export function Samples() {
  const words = useWords("editor.samples");
  const store = useEditorStore();
  const { live, isReadOnly } = useEditorScope();
  const { id } = store.getState().prompt;
  const samples = useSamples(id);
  const save = useSaveSample(id);
  const remove = useDeleteSample(id);
  const show = useToasts((state) => state.show);
  const sentence = useErrorSentence();
  const [name, setName] = useState("");
  const existing = samples.data?.find((sample) => sample.name === name.trim());

  function keep() {
    const { names } = live.getState().variables;
    const { variables } = readValues(names, store.getState().values);
    save.mutate(
      { id: existing?.id ?? null, name: name.trim(), values: variables },
      {
        onSuccess: () => {
          setName("");
          show(words("saved", { name: name.trim() }));
        },
        onError: (error) => {
          show(sentence(error), "danger");
        },
      },
    );
  }

  return (
    <>
      {samples.data?.length === 0 ? (
        <p className="mb-2 text-sm text-muted">{words("none")}</p>
      ) : null}
      <ul className="mb-2 flex max-h-64 flex-col overflow-auto">
        {samples.data?.map((sample) => (
          <li key={sample.id} className="flex items-center gap-1">
            <button
              type="button"
              className="min-w-0 flex-1 truncate rounded-sm px-2 py-1 text-left text-sm hover:bg-foreground/8"
              onClick={() => {
                const values = Object.entries(sample.values).map(([key, value]) => [
                  key,
                  toValue(value),
                ]);
                store.getState().setValues(Object.fromEntries(values));
              }}
            >
              {sample.name}
            </button>
            {isReadOnly ? null : (
              <Button
                variant="ghost"
                size="icon-sm"
                aria-label={words("delete", { name: sample.name })}
                onClick={() => {
                  remove.mutate(sample.id);
                }}
              >
                <Trash2 />
              </Button>
            )}
          </li>
        ))}
      </ul>
      {isReadOnly ? null : (
        <form
          className="flex gap-2 border-t pt-2"
          onSubmit={(event) => {
            event.preventDefault();
            keep();
          }}
        >
          <Input
            aria-label={words("name")}
            placeholder={words("name")}
            value={name}
            maxLength={100}
            onChange={(event) => {
              setName(event.target.value);
            }}
          />
          <Button type="submit" disabled={name.trim() === "" || save.isPending}>
            {existing === undefined ? words("save") : words("replace")}
          </Button>
        </form>
      )}
    </>
  );
}
