import { OPERATOR_WORDS, RESERVED_NAMES } from "./grammar";

/** What an author fills in; a field left empty does not appear in the prompt. */
export type PromptSchema = {
  role: string;
  task: string;
  context: string;
  constraints: string[];
  few_shot: { input: string; output: string }[];
};

export type TemplateMessage = {
  role: "system" | "developer" | "user" | "assistant";
  content: string;
};

const RESERVED_WORDS = new Set([
  ...RESERVED_NAMES,
  ...OPERATOR_WORDS,
  ...["true", "false", "none", "True", "False", "None"],
]);
// Two braces, not three: `{{{x}}}` is data, and so is what stands before it.
const LIVE = /(?<!\{)\{\{[ \t\n\r\f\v]*([A-Za-z_][A-Za-z0-9_]*)[ \t\n\r\f\v]*\}\}/g;
// A brace that would open a tag, or might together with what follows the piece.
const OPENING = /\{(?=[{%#]|$(?![^]))/g;

/**
 * The messages of a filled-in form, as templates: byte for byte the server's compile_prompt_schema,
 * which describes the sections. Empty where no section has anything in it.
 */
export function compilePromptSchema(schema: PromptSchema): TemplateMessage[] {
  const sections = [
    ["Task", field(schema.task)],
    ["Context", field(schema.context)],
    ["Constraints", constraints(schema.constraints)],
    ["Examples", examples(schema.few_shot)],
  ].filter(([, body]) => body !== "");
  if (sections.length === 0) return [];
  const content = sections.map(([title, body]) => `# ${title}\n${body}`).join("\n\n");
  const role = field(schema.role);
  const user: TemplateMessage = { role: "user", content };
  return role === "" ? [user] : [{ role: "system", content: role }, user];
}

/** Whether a field's text uses more of the template language than `{{ name }}`; that belongs into code. */
export function needsCode(text: string): boolean {
  const rest = text.replaceAll(LIVE, (all, name: string) => (RESERVED_WORDS.has(name) ? all : ""));
  return /(?<!\{)\{\{[^{}]*[^{}\s][^{}]*\}\}|\{%[^{}]*%\}|\{#[^]*?#\}/.test(rest);
}

function constraints(list: string[]): string {
  return list
    .map(field)
    .filter((text) => text !== "")
    .map((text) => `- ${text}`)
    .join("\n");
}

function examples(list: PromptSchema["few_shot"]): string {
  return list
    .filter(({ input, output }) => !isBlank(input) || !isBlank(output))
    .map(
      ({ input, output }, index) =>
        `## Example ${index + 1}\nInput: ${escapeField(input)}\nOutput: ${escapeField(output)}`,
    )
    .join("\n\n");
}

function field(text: string): string {
  return isBlank(text) ? "" : escapeField(text);
}

// What Python's str.strip takes for white space, which is not quite what JavaScript's trim does.
const BLANK = /^[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]*$/;

function isBlank(text: string): boolean {
  return BLANK.test(text);
}

/** The template that renders to the text with its live names replaced, and nothing else. */
function escapeField(text: string): string {
  let escaped = "";
  let position = 0;
  for (const match of text.matchAll(LIVE)) {
    const name = match[1] ?? "";
    if (RESERVED_WORDS.has(name)) continue;
    escaped += `${asData(text.slice(position, match.index))}{{ ${name} }}`;
    position = match.index + match[0].length;
  }
  return escaped + asData(text.slice(position));
}

function asData(text: string): string {
  return text.replaceAll(OPENING, "{{ '{' }}");
}
