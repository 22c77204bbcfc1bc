"use client";

import dynamic from "next/dynamic";

import { useLocale } from "@/lib/i18n/locale";

import type { CodeEditorProps } from "./code-editor";

function Loading() {
  return <div aria-hidden className="h-full min-h-24 w-full rounded-md bg-foreground/5" />;
}

/** Monaco reads its own words when it is loaded: those of the page's language come before it. */
async function withWords<T>(load: () => Promise<T>): Promise<T> {
  if (useLocale.getState().locale === "zh-CN") await import("monaco-editor/nls/lang/zh-cn");
  return load();
}

/** The editors behind a chunk of their own: Monaco is most of what a page weighs. */
export const CodeEditor = dynamic<CodeEditorProps>(
  async () => (await withWords(() => import("./code-editor"))).CodeEditor,
  { ssr: false, loading: Loading },
);

export const DiffEditor = dynamic(
  async () => (await withWords(() => import("./diff-editor"))).DiffEditor,
  {
    ssr: false,
    loading: Loading,
  },
);
