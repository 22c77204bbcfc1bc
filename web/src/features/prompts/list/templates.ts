import type { ContentInput } from "../api";

const FORMS = ["summarize", "reply", "extract"] as const;
type FormTemplate = (typeof FORMS)[number];
type Part = "role" | "task" | "context" | "rule1" | "rule2" | "input" | "output";
export type TemplateName = FormTemplate | "chat" | "blank";
type Words = (key: `${FormTemplate}.${Part}` | "chat.role") => string;

const MAX_TOKENS = 512;

export const TEMPLATES: readonly TemplateName[] = [...FORMS, "chat", "blank"];

/** The first draft of a new prompt, in the language of who makes it; null where it starts empty. */
export function contentOf(
  template: TemplateName,
  model: string,
  words: Words,
): ContentInput | null {
  // A small model may not find an end by itself.
  const config = { model, parameters: { max_tokens: MAX_TOKENS } };
  if (template === "blank") return null;
  if (template === "chat") {
    return {
      messages: [
        { role: "system", content: words("chat.role") },
        { placeholder: "messages" },
        { role: "user", content: "{{ question }}" },
      ],
      config,
    };
  }
  const text = (part: Part) => words(`${template}.${part}`);
  return {
    structure: {
      role: text("role"),
      task: text("task"),
      context: text("context"),
      constraints: [text("rule1"), text("rule2")],
      few_shot: [{ input: text("input"), output: text("output") }],
    },
    config,
  };
}
