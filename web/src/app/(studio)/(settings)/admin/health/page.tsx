"use client";

import dynamic from "next/dynamic";

import { WordsProvider } from "@/components/words-provider";

const Page = dynamic(async () => (await import("@/features/admin/health-page")).HealthPage, {
  ssr: false,
});
const AREAS = ["common", "settings"] as const;

export default function HealthRoute() {
  return (
    <WordsProvider areas={AREAS}>
      <Page />
    </WordsProvider>
  );
}
