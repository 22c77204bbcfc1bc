"use client";

import { memo } from "react";

import { CopyButton } from "@/components/copy-button";
import { Badge } from "@/components/ui/badge";
import { cn } from "@/lib/class-names";
import { useWords } from "@/lib/i18n/words";

import type { Block } from "../../engine/blocks";
import type { PreviewMessage } from "../../engine/preview";
import { useLive } from "../editor-scope";
import { useVariableColors } from "../variable-colors";

/** The messages as they would be sent, each value in the colour of its variable. */
export function PreviewPane() {
  const words = useWords("editor.preview");
  const faultWords = useWords("editor.faults");
  const messages = useLive((live) => live.messages);
  const failure = useLive((live) => live.failure);
  const missing = useLive((live) => live.missing);
  const fault = useLive((live) => [...live.faults.values()][0] ?? null);
  return (
    <div className="flex flex-col gap-3 p-3" data-testid="preview">
      {fault === null ? null : (
        <p role="status" className="rounded-md bg-danger-soft px-3 py-2 text-sm">
          {faultWords(fault.word, { name: fault.subject })}
        </p>
      )}
      {missing.length === 0 || failure !== null ? null : (
        <p className="text-sm text-muted">
          {words("missing", { names: missing.map((name) => `{{${name}}}`).join(", ") })}
        </p>
      )}
      {failure === null ? null : (
        <p role="status" className="rounded-md bg-warning-soft px-3 py-2 text-sm">
          {failure.isUnfilled
            ? words("fillIn", { names: missing.map((name) => `{{${name}}}`).join(", ") })
            : words("failed", { sentence: failure.sentence })}
        </p>
      )}
      {messages?.length === 0 ? <p className="text-sm text-muted">{words("empty")}</p> : null}
      {messages?.map((message, index) => (
        <MessageView key={index} message={message} />
      ))}
    </div>
  );
}

function MessageView({ message }: { message: PreviewMessage }) {
  const words = useWords("editor.preview");
  const roles = useWords("editor.code.roles");
  if (message.kind === "placeholder") {
    return (
      <p className="rounded-md border border-dashed px-3 py-2 text-sm text-muted">
        {words("conversationHere")}
      </p>
    );
  }
  return (
    <article className="rounded-md border bg-surface">
      <header className="flex h-8 items-center gap-2 border-b px-3">
        <Badge>{roles(message.role as "user")}</Badge>
        <div className="flex-1" />
        <CopyButton text={message.text} />
      </header>
      <div
        className="px-3 py-2 font-mono text-[13px] leading-5 break-words whitespace-pre-wrap"
        data-testid="preview-text"
      >
        {message.blocks.map((block, index) => (
          <BlockView key={block.key} block={block} isLast={index === message.blocks.length - 1} />
        ))}
      </div>
    </article>
  );
}

type BlockProps = { block: Block; isLast: boolean };

/** Some lines of a long message; they are drawn again only when they change, and laid out in sight. */
const BlockView = memo(function BlockView({ block: { pieces }, isLast }: BlockProps) {
  const colorOf = useVariableColors();
  return (
    <div className="[contain-intrinsic-size:auto_40rem] [content-visibility:auto]">
      {pieces.map((piece, index) => {
        // The end of a block is the end of its last line.
        const isEnd = !isLast && index === pieces.length - 1 && piece.text !== "\n";
        const text = isEnd ? piece.text.replace(/\n$/, "") : piece.text;
        return piece.variable === null ? (
          text
        ) : (
          <span
            key={index}
            title={piece.variable}
            className={cn(
              "rounded-xs bg-current/10 font-semibold",
              colorOf(piece.variable),
              piece.isMissing && "outline-1 outline-dashed",
            )}
          >
            {text}
          </span>
        );
      })}
    </div>
  );
});
