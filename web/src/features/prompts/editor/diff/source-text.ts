import type { Version } from "../../api";

export type ContentRead = Version["content"];

/** What a state says, as one text: each message under its role. */
export function sourceText(content: ContentRead): string {
  if (content.template !== null) return content.template;
  return (content.messages ?? [])
    .map((message) =>
      "placeholder" in message ? "[messages]" : `[${message.role}]\n${message.content}`,
    )
    .join("\n\n");
}

/** What goes to the model beside the text, as JSON with sorted keys and without what is not set. */
export function settingsText(content: ContentRead): string {
  return JSON.stringify(sorted(content.config), null, 2);
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([, part]) => !isEmpty(part));
  entries.sort(([one], [other]) => (one < other ? -1 : 1));
  return Object.fromEntries(entries.map(([key, part]) => [key, sorted(part)]));
}

function isEmpty(value: unknown): boolean {
  return value === null || value === undefined || (Array.isArray(value) && value.length === 0);
}
