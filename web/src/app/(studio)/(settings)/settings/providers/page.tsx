"use client";

import dynamic from "next/dynamic";

import { WordsProvider } from "@/components/words-provider";

const Page = dynamic(
  async () => (await import("@/features/providers/providers-page")).ProvidersPage,
  {
    ssr: false,
  },
);
const AREAS = ["common", "settings"] as const;

export default function ProvidersRoute() {
  return (
    <WordsProvider areas={AREAS}>
      <Page />
    </WordsProvider>
  );
}
