"use client";

import dynamic from "next/dynamic";

import { WordsProvider } from "@/components/words-provider";
import { useAddress } from "@/lib/navigation";

const RunsPage = dynamic(async () => (await import("@/features/runs/list/runs-page")).RunsPage, {
  ssr: false,
});

const WORDS = ["common", "runs"] as const;

export default function Page() {
  return useAddress() === "" ? null : (
    <WordsProvider areas={WORDS}>
      <RunsPage />
    </WordsProvider>
  );
}
