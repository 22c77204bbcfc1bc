"use client";

import { KeyRound } from "lucide-react";
import Link from "next/link";
import { useFormatter } from "use-intl";

import { Button } from "@/components/ui/button";
import { useWords } from "@/lib/i18n/words";

import { useSession } from "./api";
import { useDismissNotice } from "./signing-in";

/** What a person has to know at the sign-in: that a password was reset, or that they have none yet. */
export function SessionNotices() {
  const words = useWords("common.notices");
  const format = useFormatter();
  const { data } = useSession();
  const dismiss = useDismissNotice();
  if (data === undefined) return null;
  const { user, notices } = data;
  return (
    <>
      {notices.map((notice) => (
        <Notice
          key={notice.id}
          text={words("reset", {
            name: notice.user_name,
            time: format.dateTime(new Date(notice.at), { dateStyle: "medium", timeStyle: "short" }),
          })}
        >
          <Button
            size="sm"
            onClick={() => {
              dismiss.mutate(notice.id);
            }}
          >
            {words("understood")}
          </Button>
        </Notice>
      ))}
      {user.has_password ? null : (
        <Notice text={words("noPassword")}>
          <Button size="sm" asChild>
            <Link href="/account">{words("setPassword")}</Link>
          </Button>
        </Notice>
      )}
    </>
  );
}

function Notice({ text, children }: { text: string; children: React.ReactNode }) {
  return (
    <div
      role="status"
      className="flex flex-wrap items-center gap-2 border-b bg-accent-soft px-3 py-1.5 text-sm"
    >
      <KeyRound className="size-4 shrink-0 text-accent-text" aria-hidden />
      <p className="min-w-0 flex-1">{text}</p>
      {children}
    </div>
  );
}
