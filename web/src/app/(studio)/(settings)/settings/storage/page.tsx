"use client";

import dynamic from "next/dynamic";

import { WordsProvider } from "@/components/words-provider";

const Page = dynamic(async () => (await import("@/features/storage/storage-page")).StoragePage, {
  ssr: false,
});
const AREAS = ["common", "settings"] as const;

export default function StorageRoute() {
  return (
    <WordsProvider areas={AREAS}>
      <Page />
    </WordsProvider>
  );
}
