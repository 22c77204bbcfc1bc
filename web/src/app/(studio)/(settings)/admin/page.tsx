"use client";

import dynamic from "next/dynamic";

import { WordsProvider } from "@/components/words-provider";

const Page = dynamic(async () => (await import("@/features/admin/people-page")).PeoplePage, {
  ssr: false,
});
const AREAS = ["common", "settings"] as const;

export default function PeopleRoute() {
  return (
    <WordsProvider areas={AREAS}>
      <Page />
    </WordsProvider>
  );
}
