"use client";

import { TriangleAlert } from "lucide-react";
import dynamic from "next/dynamic";
import { useState } from "react";

import { Button } from "@/components/ui/button";
import { useWords } from "@/lib/i18n/words";

import { useEditorScope } from "../editor-scope";
import { useEditor } from "../store";

const ConflictDialog = dynamic(async () => (await import("./conflict-dialog")).ConflictDialog, {
  ssr: false,
});
const BehindDialog = dynamic(async () => (await import("./behind-dialog")).BehindDialog, {
  ssr: false,
});

/** What a person has to know about their text before they go on. */
export function AllBanners() {
  const words = useWords("editor.banners");
  const { isRestored, isReadOnly } = useEditorScope();
  const status = useEditor((state) => state.status);
  const problem = useEditor((state) => state.problem);
  const latest = useEditor((state) => state.prompt.latest_version);
  const base = useEditor((state) => state.base);
  const [wasRestoredSeen, setRestoredSeen] = useState(!isRestored);
  const [dialog, setDialog] = useState<"conflict" | "behind" | null>(null);
  const isBehind = !isReadOnly && base.edit !== null && latest !== null && base.version !== latest;
  const close = () => {
    setDialog(null);
  };
  return (
    <>
      {status === "conflict" ? (
        <Banner text={words("conflict")}>
          <Button
            size="sm"
            variant="primary"
            onClick={() => {
              setDialog("conflict");
            }}
          >
            {words("decide")}
          </Button>
        </Banner>
      ) : null}
      {wasRestoredSeen || status === "conflict" ? null : (
        <Banner text={words("restored")}>
          <Button
            size="sm"
            onClick={() => {
              setRestoredSeen(true);
            }}
          >
            {words("understood")}
          </Button>
        </Banner>
      )}
      {isBehind ? (
        <Banner text={words("behind", { latest, base: base.version ?? "—" })}>
          <Button
            size="sm"
            onClick={() => {
              setDialog("behind");
            }}
          >
            {words("compare")}
          </Button>
        </Banner>
      ) : null}
      {problem === null ? null : <Banner text={`${words("problem")} ${problem.detail}`} />}
      {dialog === "conflict" ? <ConflictDialog onClose={close} /> : null}
      {dialog === "behind" ? <BehindDialog onClose={close} /> : null}
    </>
  );
}

function Banner({ text, children }: { text: string; children?: React.ReactNode }) {
  return (
    <div
      role="status"
      className="flex flex-wrap items-center gap-2 border-b bg-warning-soft px-3 py-1.5 text-sm"
    >
      <TriangleAlert className="size-4 shrink-0 text-warning" aria-hidden />
      <p className="min-w-0 flex-1">{text}</p>
      {children}
    </div>
  );
}
