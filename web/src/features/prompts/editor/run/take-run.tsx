"use client";

import { useEffect } from "react";

import { fetchRun } from "@/features/runs/api";
import { useErrorSentence } from "@/lib/i18n/error-words";
import { useWords } from "@/lib/i18n/words";
import { promptAddress, replaceAddress } from "@/lib/navigation";
import { useToasts } from "@/lib/toasts";

import { useEditorStore } from "../store";
import { toValue } from "../values";

/** Opens the editor with the values of the run that the address names. */
export function TakeRun({ id }: { id: string }) {
  const words = useWords("editor.run");
  const store = useEditorStore();
  const show = useToasts((state) => state.show);
  const sentence = useErrorSentence();
  useEffect(() => {
    const { prompt } = store.getState();
    // Once they are taken they are the person's own: a reload must not bring them again.
    replaceAddress(promptAddress(prompt.alias));
    fetchRun(id).then(
      ({ variables }) => {
        if (variables === null) {
          show(words("valuesNotStored"), "danger");
          return;
        }
        const values = Object.entries(variables).map(([name, value]) => [name, toValue(value)]);
        store.getState().setValues(Object.fromEntries(values));
        show(words("valuesTaken"));
      },
      (error: unknown) => {
        show(sentence(error), "danger");
      },
    );
    // The run is taken once, whatever changes around it.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [id]);
  return null;
}
