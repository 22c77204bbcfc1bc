import "monaco-editor/features/bracketMatching/register";
import "monaco-editor/features/caretOperations/register";
import "monaco-editor/features/clipboard/register";
import "monaco-editor/features/codicon/register";
import "monaco-editor/features/cursorUndo/register";
import "monaco-editor/features/diffEditor/register";
import "monaco-editor/features/find/register";
import "monaco-editor/features/gotoError/register";
import "monaco-editor/features/hover/register";
import "monaco-editor/features/indentation/register";
import "monaco-editor/features/lineSelection/register";
import "monaco-editor/features/linesOperations/register";
import "monaco-editor/features/longLinesHelper/register";
import "monaco-editor/features/multicursor/register";
import "monaco-editor/features/placeholderText/register";
import "monaco-editor/features/smartSelect/register";
import "monaco-editor/features/tokenization/register";
import "monaco-editor/features/unicodeHighlighter/register";
import "monaco-editor/features/wordOperations/register";
// features/suggest/register brings the suggestions of inline completion alone, without the list.
import "monaco-editor/editor/contrib/suggest/browser/suggestController";

import * as monaco from "monaco-editor/editor";

import { registerJinja } from "./jinja";
import { registerJson } from "./json";

/** Monaco with what a prompt editor needs and nothing from elsewhere; loaded with the first editor. */
self.MonacoEnvironment = {
  getWorker: () => new Worker(new URL("./monaco.worker.ts", import.meta.url), { type: "module" }),
};

registerJinja(monaco);
registerJson(monaco);

// Pale enough that every colour of a text reads well on them, in both themes.
const DIFFERENCE = {
  "diffEditor.insertedLineBackground": "#2f9e441a",
  "diffEditor.insertedTextBackground": "#2f9e4424",
  "diffEditor.removedLineBackground": "#e031311a",
  "diffEditor.removedTextBackground": "#e0313124",
};
const LIGHT = {
  tag: "5b5b64",
  keyword: "5f3dc4",
  string: "06694b",
  number: "a04000",
  comment: "5b5b64",
};
const DARK = {
  tag: "a5a5ae",
  keyword: "b197fc",
  string: "63e6be",
  number: "ffa94d",
  comment: "a5a5ae",
};

function rules(colors: typeof LIGHT): monaco.editor.ITokenThemeRule[] {
  return [
    { token: "delimiter.jinja", foreground: colors.tag },
    { token: "keyword", foreground: colors.keyword },
    { token: "string", foreground: colors.string },
    { token: "number", foreground: colors.number },
    { token: "comment", foreground: colors.comment, fontStyle: "italic" },
    { token: "type", foreground: colors.keyword },
  ];
}

// Monaco takes no custom properties: these are --surface, --foreground, --muted, --border and
// --accent-soft of globals.css.
monaco.editor.defineTheme("promptops-light", {
  base: "vs",
  inherit: true,
  rules: rules(LIGHT),
  colors: {
    "editor.background": "#ffffff",
    "editor.foreground": "#18181b",
    "editorLineNumber.foreground": "#5b5b64",
    ...DIFFERENCE,
    "editor.lineHighlightBorder": "#00000000",
    "editor.placeholder.foreground": "#5b5b64",
    "editorSuggestWidget.background": "#ffffff",
    "editorSuggestWidget.border": "#e4e4e7",
    "editorSuggestWidget.selectedBackground": "#edf1ff",
    "editorSuggestWidget.selectedForeground": "#18181b",
    "editorSuggestWidget.selectedIconForeground": "#18181b",
    "editorSuggestWidget.highlightForeground": "#2f4bc0",
    "editorSuggestWidget.focusHighlightForeground": "#2f4bc0",
    "editorBracketHighlight.foreground2": "#06694b",
    focusBorder: "#3b5bdb",
  },
});
monaco.editor.defineTheme("promptops-dark", {
  base: "vs-dark",
  inherit: true,
  rules: rules(DARK),
  colors: {
    "editor.background": "#18181b",
    "editor.foreground": "#ededef",
    "editorLineNumber.foreground": "#a5a5ae",
    ...DIFFERENCE,
    "editor.lineHighlightBorder": "#00000000",
    "editor.placeholder.foreground": "#a5a5ae",
    "editorSuggestWidget.background": "#18181b",
    "editorSuggestWidget.border": "#2e2e33",
    "editorSuggestWidget.selectedBackground": "#1d2544",
    "editorSuggestWidget.selectedForeground": "#ededef",
    "editorSuggestWidget.selectedIconForeground": "#ededef",
    "editorSuggestWidget.highlightForeground": "#9db2ff",
    "editorSuggestWidget.focusHighlightForeground": "#9db2ff",
    focusBorder: "#91a7ff",
  },
});

/** How every editor of the product is set up. */
export const EDITOR_OPTIONS: monaco.editor.IStandaloneEditorConstructionOptions = {
  automaticLayout: true,
  minimap: { enabled: false },
  wordWrap: "on",
  wrappingStrategy: "simple",
  fontSize: 13,
  lineHeight: 20,
  fontFamily:
    'ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", "Noto Sans Mono CJK SC", monospace',
  lineNumbersMinChars: 3,
  lineDecorationsWidth: 8,
  folding: false,
  glyphMargin: false,
  padding: { top: 8, bottom: 8 },
  scrollBeyondLastLine: false,
  overviewRulerLanes: 0,
  renderLineHighlight: "none",
  fixedOverflowWidgets: true,
  // Tab goes on to the next control, as everywhere on the page.
  tabFocusMode: true,
  quickSuggestions: { other: true, comments: false, strings: true },
  wordBasedSuggestions: "off",
  suggest: { showWords: false },
  unicodeHighlight: { ambiguousCharacters: false, nonBasicASCII: false },
  contextmenu: false,
  links: false,
  occurrencesHighlight: "off",
  selectionHighlight: false,
};

export { monaco };
