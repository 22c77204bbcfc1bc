import { useCallback } from "react";

import { useEditorScope, useLive } from "./editor-scope";

/** The colour of each variable of the open prompt; two that would look alike are kept apart. */
export function useVariableColors(): (name: string) => string {
  const { colors } = useEditorScope();
  const names = useLive((live) => live.variables.names);
  return useCallback((name: string) => colors.of(name, names), [colors, names]);
}
