import { useMemo } from "react";

import type { Highlight, Marker } from "@/components/code-editor/code-editor";
import { useWords } from "@/lib/i18n/words";

import { findNames } from "../../engine/names";
import { useLive } from "../editor-scope";
import { useVariableColors } from "../variable-colors";

/** What is wrong in one part of the prompt, as the editor underlines it. */
export function useFaultMarkers(part: number): Marker[] {
  const words = useWords("editor.faults");
  const fault = useLive((live) => live.faults.get(part));
  return useMemo(
    () =>
      fault === undefined
        ? []
        : [
            {
              start: fault.start,
              end: fault.end,
              message: words(fault.word, { name: fault.subject }),
            },
          ],
    [fault, words],
  );
}

/** Where the variables stand in a template, each in its colour. */
export function useHighlights(template: string): Highlight[] {
  const names = useLive((live) => live.variables.names);
  const colorOf = useVariableColors();
  return useMemo(
    () =>
      findNames(template, new Set(names)).map(({ start, end, name }) => ({
        start,
        end,
        className: colorOf(name),
      })),
    [template, names, colorOf],
  );
}
