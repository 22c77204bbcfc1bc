"use client";

import dynamic from "next/dynamic";

import { WordsProvider } from "@/components/words-provider";

const Page = dynamic(async () => (await import("@/features/admin/projects-page")).ProjectsPage, {
  ssr: false,
});
const AREAS = ["common", "settings"] as const;

export default function ProjectsRoute() {
  return (
    <WordsProvider areas={AREAS}>
      <Page />
    </WordsProvider>
  );
}
