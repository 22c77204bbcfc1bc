"use client";

import dynamic from "next/dynamic";

import { WordsProvider } from "@/components/words-provider";

const Page = dynamic(async () => (await import("@/features/access/link-page")).LinkPage, {
  ssr: false,
});
const AREAS = ["common", "people"] as const;

export default function LinkRoute() {
  return (
    <WordsProvider areas={AREAS}>
      <Page />
    </WordsProvider>
  );
}
