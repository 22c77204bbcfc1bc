"use client";

import dynamic from "next/dynamic";

import { useEditorScope } from "../editor-scope";
import { useEditor } from "../store";

const AllBanners = dynamic(async () => (await import("./all-banners")).AllBanners, { ssr: false });

/** What a person has to know about their text before they go on; most of the time nothing. */
export function Banners() {
  const { isRestored } = useEditorScope();
  const isQuiet = useEditor(
    ({ status, problem, prompt, base }) =>
      status !== "conflict" &&
      problem === null &&
      (base.edit === null || base.version === prompt.latest_version),
  );
  return isQuiet && !isRestored ? null : <AllBanners />;
}
