import type { Schemas } from "@/lib/api/client";

import type { ContentInput, Draft } from "../api";
import {
  compilePromptSchema,
  type PromptSchema,
  type TemplateMessage,
} from "../engine/prompt-schema";

export type Config = Schemas["PromptConfig-Input"];

/** How a prompt is written: as a form, as one text, or as messages. */
export type Mode = "builder" | "text" | "chat";

/** One message of a chat; `key` stays with it while it is moved. */
export type ChatMessage = { key: string } & (
  { kind: "message"; role: TemplateMessage["role"]; content: string } | { kind: "placeholder" }
);
export type Constraint = { key: string; text: string };
export type Example = { key: string; input: string; output: string };
export type Form = {
  role: string;
  task: string;
  context: string;
  constraints: Constraint[];
  examples: Example[];
};

/** What the editor holds of a prompt. Each mode keeps its own text, so that switching loses nothing. */
export type EditorContent = {
  mode: Mode;
  form: Form;
  text: string;
  messages: ChatMessage[];
  config: Config;
};

let last = 0;

/** A key for a new part of the form or the chat. */
export function newKey(): string {
  last += 1;
  return `k${last}`;
}

export const EMPTY_FORM: Form = { role: "", task: "", context: "", constraints: [], examples: [] };

type ReadContent = Draft["content"];

/** The editor's content for a draft or a version. */
export function fromRead(content: ReadContent): EditorContent {
  const messages = (content.messages ?? []).map((message): ChatMessage =>
    "placeholder" in message
      ? { key: newKey(), kind: "placeholder" }
      : { key: newKey(), kind: "message", role: message.role, content: message.content },
  );
  const base = {
    form: EMPTY_FORM,
    text: content.template ?? "",
    messages,
    config: content.config as Config,
  };
  if (content.structure !== null)
    return { ...base, mode: "builder", form: formOf(content.structure) };
  return { ...base, mode: content.kind === "chat" ? "chat" : "text" };
}

function formOf(structure: NonNullable<ReadContent["structure"]>): Form {
  return {
    role: structure.role ?? "",
    task: structure.task ?? "",
    context: structure.context ?? "",
    constraints: (structure.constraints ?? []).map((text) => ({ key: newKey(), text })),
    examples: (structure.few_shot ?? []).map((example) => ({
      key: newKey(),
      input: example.input ?? "",
      output: example.output ?? "",
    })),
  };
}

/** The form as the API and the compiler take it. */
export function schemaOf(form: Form): PromptSchema {
  return {
    role: form.role,
    task: form.task,
    context: form.context,
    constraints: form.constraints.map(({ text }) => text),
    few_shot: form.examples.map(({ input, output }) => ({ input, output })),
  };
}

/** One part of the prompt as a template, or where the conversation goes. */
export type TemplatePart = TemplateMessage | { placeholder: "messages" };

/** The templates of which a prompt consists, in order; of a text it is one message of the user. */
export function partsOf(content: EditorContent): TemplatePart[] {
  if (content.mode === "builder") return compilePromptSchema(schemaOf(content.form));
  if (content.mode === "text") return [{ role: "user", content: content.text }];
  return content.messages.map((message) =>
    message.kind === "placeholder"
      ? { placeholder: "messages" as const }
      : { role: message.role, content: message.content },
  );
}

/** What is saved; null where there is nothing yet that could be. */
export function toInput(content: EditorContent): ContentInput | null {
  const { config } = content;
  if (config.model === "") return null;
  if (content.mode === "builder") {
    const structure = schemaOf(content.form);
    return compilePromptSchema(structure).length === 0 ? null : { structure, config };
  }
  if (content.mode === "text") return { template: content.text, config };
  const parts = partsOf(content);
  return parts.some((part) => "role" in part) ? { messages: parts, config } : null;
}

/** A text that is equal for equal content, whatever the keys of its parts. */
export function fingerprint(content: EditorContent): string {
  return JSON.stringify(toInput(content) ?? [content.mode, content.config]);
}
