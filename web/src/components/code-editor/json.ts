import type * as Monaco from "monaco-editor/editor";

export const JSON_LANGUAGE = "json";

/** Colours and brackets of JSON; what is wrong in it is told by who reads it. */
export function registerJson(monaco: typeof Monaco): void {
  monaco.languages.register({ id: JSON_LANGUAGE });
  monaco.languages.setMonarchTokensProvider(JSON_LANGUAGE, {
    tokenizer: {
      root: [
        [/"(?:[^"\\]|\\.)*"(?=\s*:)/, "type"],
        [/"(?:[^"\\]|\\.)*"/, "string"],
        [/-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?/, "number"],
        [/\b(?:true|false|null)\b/, "keyword"],
        [/[{}[\],:]/, "delimiter"],
        [/\s+/, ""],
      ],
    },
  });
  monaco.languages.setLanguageConfiguration(JSON_LANGUAGE, {
    brackets: [
      ["{", "}"],
      ["[", "]"],
    ],
    autoClosingPairs: [
      { open: "{", close: "}" },
      { open: "[", close: "]" },
      { open: '"', close: '"', notIn: ["string"] },
    ],
  });
}
