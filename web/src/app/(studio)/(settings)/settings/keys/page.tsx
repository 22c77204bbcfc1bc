"use client";

import dynamic from "next/dynamic";

import { WordsProvider } from "@/components/words-provider";

const Page = dynamic(async () => (await import("@/features/keys/keys-page")).KeysPage, {
  ssr: false,
});
const AREAS = ["common", "settings"] as const;

export default function KeysRoute() {
  return (
    <WordsProvider areas={AREAS}>
      <Page />
    </WordsProvider>
  );
}
