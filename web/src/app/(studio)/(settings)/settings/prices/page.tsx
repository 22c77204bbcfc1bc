"use client";

import dynamic from "next/dynamic";

import { WordsProvider } from "@/components/words-provider";

const Page = dynamic(async () => (await import("@/features/prices/prices-page")).PricesPage, {
  ssr: false,
});
const AREAS = ["common", "settings"] as const;

export default function PricesRoute() {
  return (
    <WordsProvider areas={AREAS}>
      <Page />
    </WordsProvider>
  );
}
