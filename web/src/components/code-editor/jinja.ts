import type * as Monaco from "monaco-editor/editor";

type Names = Readonly<
  Record<"variables" | "snippets" | "filters" | "tests" | "tags", readonly string[]>
>;

export const JINJA = "jinja";

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
  const line = model.getLineContent(position.lineNumber);
  const before = line.slice(0, position.column - 1);
  const opening = Math.max(before.lastIndexOf("{{"), before.lastIndexOf("{%"));
  if (
    opening === -1 ||
    before.slice(opening + 2).includes("}}") ||
    before.slice(opening + 2).includes("%}")
  ) {
    return [];
  }
  const inside = before.slice(opening + 2);
  const word = model.getWordUntilPosition(position);
  const range = new monaco.Range(
    position.lineNumber,
    word.startColumn,
    position.lineNumber,
    word.endColumn,
  );
  const { CompletionItemKind: Kind } = monaco.languages;
  const items = (labels: readonly string[], kind: Monaco.languages.CompletionItemKind) =>
    labels.map((label) => ({ label, kind, insertText: label, range }));
  if (/include\s+["'][^"']*$/.test(inside)) return items(names.snippets, Kind.Module);
  if (/\|\s*\w*$/.test(inside)) return items(names.filters, Kind.Function);
  if (/\bis(\s+not)?\s+\w*$/.test(inside)) return items(names.tests, Kind.Function);
  const variables = items(names.variables, Kind.Variable);
  const isTagHead = before[opening + 1] === "%" && /^[-+]?\s*\w*$/.test(inside);
  return isTagHead
    ? [
        ...items(names.tags, Kind.Keyword),
        ...items(
          KEYWORDS.filter((key) => key.startsWith("end") || key.startsWith("el")),
          Kind.Keyword,
        ),
      ]
    : variables;
}
