// The product's own Monaco with its options and nothing beside it: what typing costs without PromptOps.
import { EDITOR_OPTIONS, monaco } from "../../../web/src/components/code-editor/monaco";

window.openText = (text) => {
  const place = document.getElementById("editor");
  window.editor = monaco.editor.create(place, { value: text, language: "jinja", ...EDITOR_OPTIONS });
};
