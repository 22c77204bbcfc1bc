"use client";

import { useEffect, useRef, useState } from "react";

import { mark } from "@/lib/marks";
import { useTheme } from "@/lib/theme";

import { EDITOR_OPTIONS, monaco } from "./monaco";

/** Something wrong at a place of the text; offsets are UTF-16 units. */
export type Marker = { start: number; end: number; message: string };
/** A part of the text that has a colour of its own. */
export type Highlight = { start: number; end: number; className: string };

export type CodeEditorProps = {
  value: string;
  /** When this changes `value` is taken over; typing is never overwritten otherwise. */
  epoch: number;
  label: string;
  language: "jinja" | "json";
  placeholder?: string;
  readOnly?: boolean;
  lineNumbers?: boolean;
  /** As tall as its text, between these numbers of pixels; otherwise it fills its place. */
  autoHeight?: { min: number; max: number };
  markers?: readonly Marker[];
  highlights?: readonly Highlight[];
  onChange?: (text: string) => void;
};

/** Monaco without a wrapper: it owns its text, so that no key is lost to a render. */
export function CodeEditor({
  value,
  epoch,
  label,
  language,
  placeholder,
  readOnly = false,
  lineNumbers = true,
  autoHeight,
  markers,
  highlights,
  onChange,
}: CodeEditorProps) {
  const place = useRef<HTMLDivElement>(null);
  const change = useRef(onChange);
  const decorations = useRef<monaco.editor.IEditorDecorationsCollection | null>(null);
  const [editor, setEditor] = useState<monaco.editor.IStandaloneCodeEditor | null>(null);
  const isDark = useTheme((state) => state.isDark);

  useEffect(() => {
    change.current = onChange;
  }, [onChange]);

  useEffect(() => {
    if (place.current === null) return undefined;
    const created = monaco.editor.create(place.current, {
      value,
      language,
      ...EDITOR_OPTIONS,
      readOnly,
      lineNumbers: lineNumbers ? "on" : "off",
      ariaLabel: label,
      ...(placeholder === undefined ? {} : { placeholder }),
      ...(autoHeight === undefined
        ? {}
        : { scrollbar: { alwaysConsumeMouseWheel: false, vertical: "auto" } }),
    });
    // Line ends are text: they stay as they came.
    created.onDidChangeModelContent(() => {
      mark("promptops:change");
      change.current?.(created.getValue());
    });
    decorations.current = created.createDecorationsCollection();
    if (autoHeight !== undefined) {
      const fit = () => {
        const height = Math.min(
          Math.max(created.getContentHeight(), autoHeight.min),
          autoHeight.max,
        );
        if (place.current !== null) place.current.style.height = `${height}px`;
        created.layout();
      };
      created.onDidContentSizeChange(fit);
      fit();
    }
    setEditor(created);
    return () => {
      setEditor(null);
      created.getModel()?.dispose();
      created.dispose();
    };
    // Everything below is updated in place; only a change of these makes another editor.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [language]);

  useEffect(() => {
    if (editor !== null && editor.getValue() !== value) editor.setValue(value);
    // `value` follows the editor while one types: it is taken over with a new epoch alone.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [editor, epoch]);

  useEffect(() => {
    editor?.updateOptions({
      readOnly,
      ariaLabel: label,
      ...(placeholder === undefined ? {} : { placeholder }),
    });
  }, [editor, readOnly, label, placeholder]);

  useEffect(() => {
    monaco.editor.setTheme(isDark ? "promptops-dark" : "promptops-light");
  }, [isDark, editor]);

  useEffect(() => {
    const model = editor?.getModel();
    if (!model) return;
    const length = model.getValueLength();
    monaco.editor.setModelMarkers(
      model,
      "template",
      (markers ?? []).map(({ start, end, message }) => {
        const from = model.getPositionAt(Math.min(start, Math.max(length - 1, 0)));
        const to = model.getPositionAt(Math.max(end, start + 1));
        return {
          severity: monaco.MarkerSeverity.Error,
          message,
          startLineNumber: from.lineNumber,
          startColumn: from.column,
          endLineNumber: to.lineNumber,
          endColumn: to.column,
        };
      }),
    );
  }, [editor, markers]);

  useEffect(() => {
    const model = editor?.getModel();
    if (!model) return;
    decorations.current?.set(
      (highlights ?? []).map(({ start, end, className }) => ({
        range: monaco.Range.fromPositions(model.getPositionAt(start), model.getPositionAt(end)),
        options: { inlineClassName: className, stickiness: 1 },
      })),
    );
  }, [editor, highlights]);

  return (
    <div ref={place} className={autoHeight === undefined ? "h-full min-h-0 w-full" : "w-full"} />
  );
}
