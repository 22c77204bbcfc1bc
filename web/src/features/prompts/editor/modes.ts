import { compilePromptSchema, needsCode, type TemplateMessage } from "../engine/prompt-schema";
import { type ChatMessage, type EditorContent, type Form, newKey, schemaOf } from "./content";

/**
 * The content in code: a form becomes the messages that it compiles to. What is there already in
 * another mode stays until it is overwritten by a change.
 */
export function toCode(content: EditorContent): EditorContent {
  if (content.mode !== "builder") return content;
  const compiled = compilePromptSchema(schemaOf(content.form));
  const source: TemplateMessage[] =
    compiled.length === 0 ? [{ role: "user", content: "" }] : compiled;
  const messages = source.map(({ role, content: text }): ChatMessage => ({
    key: newKey(),
    kind: "message",
    role,
    content: text,
  }));
  return { ...content, mode: "chat", messages };
}

/**
 * The content as a form, or null where it cannot become one without a loss: only what a form
 * compiles to, byte for byte, is read back.
 */
export function toForm(content: EditorContent): EditorContent | null {
  if (content.mode === "builder") return content;
  const form = formOf(content);
  return form === null ? null : { ...content, mode: "builder", form };
}

function formOf(content: EditorContent): Form | null {
  const messages =
    content.mode === "text"
      ? [{ role: "user" as const, content: content.text }]
      : content.messages.map((message) =>
          message.kind === "message" ? { role: message.role, content: message.content } : null,
        );
  const [first, second] = messages;
  if (messages.length === 0 || messages.length > 2 || first == null) return null;
  let system = "";
  let user = first.content;
  if (messages.length === 2) {
    if (second == null || first.role !== "system" || second.role !== "user") return null;
    system = first.content;
    user = second.content;
  } else if (first.role !== "user") {
    return null;
  }
  const form = readSections(system, user);
  return form !== null && compilesTo(form, system, user) ? form : null;
}

/** The form whose fields hold these sections; a form whose task is empty has no # Task. */
function readSections(system: string, user: string): Form | null {
  const pattern =
    /^(?:# Task\n([^]*?))?(?:(?:^|\n\n)# Context\n([^]*?))?(?:(?:^|\n\n)# Constraints\n((?:- [^]*?)))?(?:(?:^|\n\n)# Examples\n(## Example 1\nInput: [^]*))?$/;
  const match = pattern.exec(user);
  if (match === null || user === "") return null;
  const [, task = "", context = "", rules = "", examples = ""] = match;
  return {
    role: unescape(system),
    task: unescape(task),
    context: unescape(context),
    constraints: rules === "" ? [] : splitConstraints(rules),
    examples: splitExamples(examples),
  };
}

function splitConstraints(rules: string): Form["constraints"] {
  return rules
    .slice(2)
    .split("\n- ")
    .map((text) => ({ key: newKey(), text: unescape(text) }));
}

function splitExamples(examples: string): Form["examples"] {
  if (examples === "") return [];
  return examples
    .split(/(?:^|\n\n)## Example \d+\nInput: /)
    .slice(1)
    .map((part) => {
      const [input = "", ...output] = part.split("\nOutput: ");
      return { key: newKey(), input: unescape(input), output: unescape(output.join("\nOutput: ")) };
    });
}

function unescape(template: string): string {
  return template.replaceAll("{{ '{' }}", "{");
}

function compilesTo(form: Form, system: string, user: string): boolean {
  const texts = [form.role, form.task, form.context, ...form.constraints.map(({ text }) => text)];
  const examples = form.examples.flatMap(({ input, output }) => [input, output]);
  if ([...texts, ...examples].some(needsCode)) return false;
  const compiled = compilePromptSchema(schemaOf(form));
  const wanted =
    system === ""
      ? [{ role: "user", content: user }]
      : [
          { role: "system", content: system },
          { role: "user", content: user },
        ];
  return JSON.stringify(compiled) === JSON.stringify(wanted);
}
