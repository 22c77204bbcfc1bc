"use client";

import dynamic from "next/dynamic";

import { WordsProvider } from "@/components/words-provider";
import { useSession } from "@/features/access/api";
import { useHasClosed } from "@/features/start/progress";
import { useAddress } from "@/lib/navigation";

const PromptList = dynamic(
  async () => (await import("@/features/prompts/list/prompt-list")).PromptList,
  {
    ssr: false,
  },
);
const PromptEditor = dynamic(
  async () => (await import("@/features/prompts/editor/prompt-editor")).PromptEditor,
  { ssr: false },
);

const StartCard = dynamic(async () => (await import("@/features/start/start-card")).StartCard, {
  ssr: false,
});

const START_WORDS = ["common", "start"] as const;
const LIST_WORDS = ["common", "prompts"] as const;
const EDITOR_WORDS = ["common", "prompts", "editor"] as const;

/** The list at /prompts, a prompt's editor below it. */
export function PromptPages() {
  const address = useAddress();
  const hasClosed = useHasClosed(useSession().data?.user.id);
  if (address === "") return null;
  const alias = decodeURIComponent(address.split("?")[0]?.split("/")[2] ?? "");
  if (alias === "") {
    return (
      <WordsProvider areas={LIST_WORDS}>
        <PromptList
          start={
            hasClosed ? null : (
              <WordsProvider areas={START_WORDS}>
                <StartCard />
              </WordsProvider>
            )
          }
        />
      </WordsProvider>
    );
  }
  return (
    <WordsProvider areas={EDITOR_WORDS}>
      <PromptEditor key={alias} alias={alias} />
    </WordsProvider>
  );
}
