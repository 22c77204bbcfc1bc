"use client";

import dynamic from "next/dynamic";

import { WordsProvider } from "@/components/words-provider";

const Page = dynamic(async () => (await import("@/features/access/members-page")).MembersPage, {
  ssr: false,
});
const AREAS = ["common", "people"] as const;

export default function MembersRoute() {
  return (
    <WordsProvider areas={AREAS}>
      <Page />
    </WordsProvider>
  );
}
