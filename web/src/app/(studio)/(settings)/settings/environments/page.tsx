"use client";

import dynamic from "next/dynamic";

import { WordsProvider } from "@/components/words-provider";

const Page = dynamic(
  async () => (await import("@/features/environments/environments-page")).EnvironmentsPage,
  {
    ssr: false,
  },
);
const AREAS = ["common", "settings"] as const;

export default function EnvironmentsRoute() {
  return (
    <WordsProvider areas={AREAS}>
      <Page />
    </WordsProvider>
  );
}
