"use client";

import { usePrompt } from "@/features/prompts/api";

/** The name of a prompt by its id; the id while it is being looked up. */
export function PromptName({ id }: { id: string }) {
  const prompt = usePrompt(id);
  return <>{prompt.data?.name ?? id}</>;
}
