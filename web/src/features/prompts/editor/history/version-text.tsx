"use client";

import { Badge } from "@/components/ui/badge";
import { useWords } from "@/lib/i18n/words";

import type { Version } from "../../api";
import { settingsText } from "../diff/source-text";

/** What a version says, as it was written. */
export function VersionText({ version }: { version: Version }) {
  const words = useWords("editor");
  const { content } = version;
  const messages =
    content.messages ??
    (content.template === null ? [] : [{ role: null, content: content.template }]);
  return (
    <div className="flex flex-col gap-3">
      {messages.map((message, index) => (
        <article key={index} className="rounded-md border bg-surface">
          {"placeholder" in message ? (
            <p className="px-3 py-2 text-sm text-muted">{words("preview.conversationHere")}</p>
          ) : (
            <>
              {message.role === null ? null : (
                <header className="border-b px-3 py-1">
                  <Badge>{words(`code.roles.${message.role}`)}</Badge>
                </header>
              )}
              <pre className="px-3 py-2 font-mono text-[13px] leading-5 break-words whitespace-pre-wrap">
                {message.content}
              </pre>
            </>
          )}
        </article>
      ))}
      <details className="rounded-md border bg-surface">
        <summary className="cursor-pointer px-3 py-2 text-sm font-medium">
          {words("diff.settings")}
        </summary>
        <pre className="overflow-auto border-t px-3 py-2 font-mono text-[13px] leading-5">
          {settingsText(content)}
        </pre>
      </details>
    </div>
  );
}
