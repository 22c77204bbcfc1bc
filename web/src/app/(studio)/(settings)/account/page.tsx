"use client";

import dynamic from "next/dynamic";

import { WordsProvider } from "@/components/words-provider";

const Page = dynamic(async () => (await import("@/features/access/account-page")).AccountPage, {
  ssr: false,
});
const AREAS = ["common", "people"] as const;

export default function AccountRoute() {
  return (
    <WordsProvider areas={AREAS}>
      <Page />
    </WordsProvider>
  );
}
