"use client";

import dynamic from "next/dynamic";

import type { CodeEditorProps } from "./code-editor";

function Loading() {
  return <div aria-hidden className="h-full min-h-24 w-full rounded-md bg-foreground/5" />;
}

/** The editors behind a chunk of their own: Monaco is most of what a page weighs. */
export const CodeEditor = dynamic<CodeEditorProps>(
  async () => (await import("./code-editor")).CodeEditor,
  { ssr: false, loading: Loading },
);

export const DiffEditor = dynamic(async () => (await import("./diff-editor")).DiffEditor, {
  ssr: false,
  loading: Loading,
});
