import { useEffect, useMemo, useState } from "react";

import type { Highlight, Marker } from "@/components/code-editor/code-editor";
import { useWords } from "@/lib/i18n/words";

import { findNames } from "../../engine/names";
import { useEditorScope, useLive } from "../editor-scope";

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

const SETTLED_MS = 100;

/**
 * Where the variables stand in the template that `read` gives, each in its colour. While one types the
 * editor moves the colours with the text, so they are sought anew once the keys pause.
 */
export function useHighlights(read: () => string): Highlight[] {
  const { live, colors } = useEditorScope();
  const [highlights, setHighlights] = useState<Highlight[]>([]);
  useEffect(() => {
    const seek = () => {
      const { names } = live.getState().variables;
      setHighlights(
        findNames(read(), new Set(names)).map(({ start, end, name }) => ({
          start,
          end,
          className: colors.of(name, names),
        })),
      );
    };
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stop = live.subscribe(() => {
      clearTimeout(timer);
      timer = setTimeout(seek, SETTLED_MS);
    });
    seek();
    return () => {
      stop();
      clearTimeout(timer);
    };
  }, [live, colors, read]);
  return highlights;
}
