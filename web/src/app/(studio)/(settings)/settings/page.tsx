"use client";

import dynamic from "next/dynamic";

import { WordsProvider } from "@/components/words-provider";

const Page = dynamic(async () => (await import("@/features/settings/overview-page")).OverviewPage, {
  ssr: false,
});
const AREAS = ["common", "settings"] as const;

export default function SettingsRoute() {
  return (
    <WordsProvider areas={AREAS}>
      <Page />
    </WordsProvider>
  );
}
