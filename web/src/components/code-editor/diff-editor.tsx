"use client";

import { useEffect, useRef } from "react";

import { useTheme } from "@/lib/theme";

import { monaco } from "./monaco";

type Props = {
  before: string;
  after: string;
  beforeLabel: string;
  afterLabel: string;
  language?: "jinja" | "json";
  sideBySide?: boolean;
};

/** Two texts beside each other, or on a narrow page one below the other, with what changed. */
export function DiffEditor({
  before,
  after,
  beforeLabel,
  afterLabel,
  language = "jinja",
  sideBySide = true,
}: Props) {
  const place = useRef<HTMLDivElement>(null);
  const isDark = useTheme((state) => state.isDark);

  useEffect(() => {
    if (place.current === null) return undefined;
    const editor = monaco.editor.createDiffEditor(place.current, {
      automaticLayout: true,
      readOnly: true,
      originalEditable: false,
      renderSideBySide: sideBySide,
      useInlineViewWhenSpaceIsLimited: true,
      renderSideBySideInlineBreakpoint: 700,
      minimap: { enabled: false },
      wordWrap: "on",
      diffWordWrap: "on",
      fontSize: 13,
      lineHeight: 20,
      scrollBeyondLastLine: false,
      renderOverviewRuler: false,
      hideUnchangedRegions: { enabled: true },
      fixedOverflowWidgets: true,
      tabFocusMode: true,
      unicodeHighlight: { ambiguousCharacters: false, nonBasicASCII: false },
      links: false,
      contextmenu: false,
    });
    const original = monaco.editor.createModel(before, language);
    const modified = monaco.editor.createModel(after, language);
    editor.setModel({ original, modified });
    keepLabel(editor.getOriginalEditor(), beforeLabel);
    keepLabel(editor.getModifiedEditor(), afterLabel);
    return () => {
      editor.dispose();
      original.dispose();
      modified.dispose();
    };
  }, [before, after, beforeLabel, afterLabel, language, sideBySide]);

  useEffect(() => {
    monaco.editor.setTheme(isDark ? "promptops-dark" : "promptops-light");
  }, [isDark]);

  return <div ref={place} className="h-full min-h-0 w-full" />;
}

/** Names an input: the labels of the options do not arrive there, and a change of the width drops them. */
function keepLabel(editor: monaco.editor.ICodeEditor, ariaLabel: string): void {
  const name = () => {
    if (editor.getOption(monaco.editor.EditorOption.ariaLabel) !== ariaLabel) {
      editor.updateOptions({ ariaLabel });
    }
  };
  name();
  editor.onDidChangeConfiguration(name);
}
