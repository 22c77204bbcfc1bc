type ToolCall = { id?: string; type?: string; function: { name: string; arguments: string } };
type Fragment = {
  index?: number;
  id?: string;
  type?: string;
  function?: { name?: string; arguments?: string };
};

/** Adds the fragments of a streamed answer to the tool calls so far (OpenAI's chat chunks). */
export function addFragments(calls: readonly unknown[], fragments: readonly unknown[]): ToolCall[] {
  const merged = calls.map((call) => ({
    ...(call as ToolCall),
    function: { ...(call as ToolCall).function },
  }));
  for (const [place, fragment] of (fragments as Fragment[]).entries()) {
    const index = fragment.index ?? place;
    merged[index] ??= { function: { name: "", arguments: "" } };
    const call = merged[index];
    if (fragment.id !== undefined) call.id = fragment.id;
    if (fragment.type !== undefined) call.type = fragment.type;
    call.function.name += fragment.function?.name ?? "";
    call.function.arguments += fragment.function?.arguments ?? "";
  }
  return merged;
}
