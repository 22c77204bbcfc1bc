import { useCallback } from "react";

import { useEditorScope } from "./editor-scope";

/**
 * The colour of each variable of the open prompt; two that would look alike are kept apart. A variable
 * keeps the colour that it was given, so whoever shows one need not follow the others.
 */
export function useVariableColors(): (name: string) => string {
  const { colors, live } = useEditorScope();
  return useCallback(
    (name: string) => colors.of(name, live.getState().variables.names),
    [colors, live],
  );
}
