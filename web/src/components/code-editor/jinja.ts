import type * as Monaco from "monaco-editor/editor";

import { type Names, type Offer, offersAt } from "./jinja-completion";

export const JINJA = "jinja";
// An alias with its version.
const LONGEST_ALIAS = 200;

let names: Names = { variables: [], snippets: [], filters: [], tests: [], tags: [] };

/** Says what completion offers beside the words of the language; the open prompt knows it. */
export function offerNames(offered: Names): void {
  names = offered;
}

const KEYWORDS = [
  ...[
    "if",
    "elif",
    "else",
    "endif",
    "for",
    "endfor",
    "in",
    "set",
    "endset",
    "with",
    "endwith",
    "macro",
  ],
  ...["endmacro", "filter", "endfilter", "raw", "endraw", "include", "is", "not", "and", "or"],
];

const LANGUAGE: Monaco.languages.IMonarchLanguage = {
  keywords: KEYWORDS,
  constants: ["true", "false", "none", "True", "False", "None"],
  tokenizer: {
    root: [
      [/\{#/, { token: "comment", next: "@comment" }],
      [/\{\{[-+]?/, { token: "delimiter.jinja", next: "@output" }],
      [/\{%[-+]?\s*raw\s*-?%\}/, { token: "delimiter.jinja", next: "@raw" }],
      [/\{%[-+]?/, { token: "delimiter.jinja", next: "@tag" }],
      [/[^{]+/, ""],
      [/\{/, ""],
    ],
    comment: [
      [/#\}/, { token: "comment", next: "@pop" }],
      [/[^#]+/, "comment"],
      [/#/, "comment"],
    ],
    raw: [
      [/\{%[-+]?\s*endraw\s*[-+]?%\}/, { token: "delimiter.jinja", next: "@pop" }],
      [/[^{]+/, ""],
      [/\{/, ""],
    ],
    output: [[/[-+]?\}\}/, { token: "delimiter.jinja", next: "@pop" }], { include: "@expression" }],
    tag: [[/[-+]?%\}/, { token: "delimiter.jinja", next: "@pop" }], { include: "@expression" }],
    expression: [
      [/\s+/, ""],
      [/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/, "string"],
      [/\d+(?:\.\d+)?/, "number"],
      [
        /[\p{L}_][\p{L}\p{N}_]*/u,
        { cases: { "@keywords": "keyword", "@constants": "number", "@default": "identifier" } },
      ],
      [/[|~=<>!+\-*/%.,:()[\]{}]/, "delimiter"],
    ],
  },
  unicode: true,
};

/** Makes Jinja known to Monaco: its colours, its brackets, its completion. */
export function registerJinja(monaco: typeof Monaco): void {
  monaco.languages.register({ id: JINJA });
  monaco.languages.setMonarchTokensProvider(JINJA, LANGUAGE);
  // Nothing closes by itself: it would leave braces behind `{{ x }}`. Without a list of its own Monaco
  // takes the brackets.
  monaco.languages.setLanguageConfiguration(JINJA, {
    comments: { blockComment: ["{#", "#}"] },
    brackets: [
      ["{{", "}}"],
      ["{%", "%}"],
      ["(", ")"],
      ["[", "]"],
    ],
    autoClosingPairs: [],
    surroundingPairs: [
      { open: "'", close: "'" },
      { open: '"', close: '"' },
    ],
  });
  monaco.languages.registerCompletionItemProvider(JINJA, {
    triggerCharacters: ["{", "|", "%", " ", '"'],
    provideCompletionItems: (model, position) => ({
      suggestions: suggestionsAt(monaco, model, position),
    }),
  });
}

function suggestionsAt(
  monaco: typeof Monaco,
  model: Monaco.editor.ITextModel,
  position: Monaco.Position,
): Monaco.languages.CompletionItem[] {
  const text = model.getValue();
  const offset = model.getOffsetAt(position);
  const before = text.slice(0, offset);
  const { lineNumber, column } = position;
  const { startColumn } = model.getWordUntilPosition(position);
  // An alias has hyphens, which end a word.
  const alias = /[\w@.-]*$/.exec(before.slice(-LONGEST_ALIAS))?.[0] ?? "";
  const kinds = kindsOf(monaco);
  return offersAt(before, text.slice(offset), names).map(({ label, kind }) => ({
    label,
    kind: kinds[kind],
    insertText: label,
    range: new monaco.Range(
      lineNumber,
      kind === "snippet" ? column - alias.length : startColumn,
      lineNumber,
      column,
    ),
  }));
}

function kindsOf(
  monaco: typeof Monaco,
): Record<Offer["kind"], Monaco.languages.CompletionItemKind> {
  const { CompletionItemKind: Kind } = monaco.languages;
  return {
    variable: Kind.Variable,
    filter: Kind.Function,
    test: Kind.Function,
    tag: Kind.Keyword,
    keyword: Kind.Keyword,
    snippet: Kind.Module,
  };
}
