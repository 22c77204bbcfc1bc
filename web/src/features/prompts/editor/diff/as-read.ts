import { type EditorContent, partsOf, schemaOf } from "../content";
import type { ContentRead } from "./source-text";

/** What is in the editor, in the form in which the server gives a state, to compare the two. */
export function asRead(content: EditorContent): ContentRead {
  const isText = content.mode === "text";
  return {
    kind: isText ? "text" : "chat",
    structure: content.mode === "builder" ? schemaOf(content.form) : null,
    template: isText ? content.text : null,
    messages: isText ? null : partsOf(content),
    config: content.config as ContentRead["config"],
  };
}
