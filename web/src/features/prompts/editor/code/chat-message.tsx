"use client";

import { ArrowDown, ArrowUp, X } from "lucide-react";
import { useCallback, useEffect, useRef } from "react";

import { CodeEditor } from "@/components/code-editor/lazy";
import { Button } from "@/components/ui/button";
import { NativeSelect } from "@/components/ui/input";
import { useInView } from "@/hooks/use-in-view";
import { useWords } from "@/lib/i18n/words";

import type { ChatMessage } from "../content";
import { useEditorScope } from "../editor-scope";
import { useEditor } from "../store";
import { useFaultMarkers, useHighlights } from "./marks";

const ROLES = ["system", "developer", "user", "assistant"] as const;

type Props = {
  message: ChatMessage;
  index: number;
  count: number;
  onChange: (message: ChatMessage) => void;
  onMove: (by: number) => void;
  onRemove: () => void;
};

/** One message of a chat with its role, or the place of the conversation. */
export function ChatMessageEditor({ message, index, count, onChange, onMove, onRemove }: Props) {
  const words = useWords("editor.code");
  const { isReadOnly } = useEditorScope();
  const number = index + 1;
  return (
    <li className="rounded-md border bg-surface">
      <div className="flex items-center gap-1 border-b px-2 py-1">
        <span className="w-5 text-center text-xs text-muted tabular-nums">{number}</span>
        {message.kind === "message" ? (
          <NativeSelect
            aria-label={words("roleOf", { number })}
            className="w-auto"
            value={message.role}
            disabled={isReadOnly}
            onChange={(event) => {
              onChange({
                ...message,
                role: ROLES.find((role) => role === event.target.value) ?? "user",
              });
            }}
          >
            {ROLES.map((role) => (
              <option key={role} value={role}>
                {words(`roles.${role}`)}
              </option>
            ))}
          </NativeSelect>
        ) : (
          <span className="text-sm font-medium">{words("conversation")}</span>
        )}
        <div className="flex-1" />
        {isReadOnly ? null : (
          <>
            <Button
              variant="ghost"
              size="icon-sm"
              aria-label={words("moveUp", { number })}
              disabled={index === 0}
              onClick={() => {
                onMove(-1);
              }}
            >
              <ArrowUp />
            </Button>
            <Button
              variant="ghost"
              size="icon-sm"
              aria-label={words("moveDown", { number })}
              disabled={index === count - 1}
              onClick={() => {
                onMove(1);
              }}
            >
              <ArrowDown />
            </Button>
            <Button
              variant="ghost"
              size="icon-sm"
              aria-label={words("removeMessage", { number })}
              onClick={onRemove}
            >
              <X />
            </Button>
          </>
        )}
      </div>
      {message.kind === "message" ? (
        <MessageText
          content={message.content}
          index={index}
          onChange={(content) => {
            onChange({ ...message, content });
          }}
        />
      ) : (
        <p className="px-3 py-2 text-sm text-muted">{words("conversationHint")}</p>
      )}
    </li>
  );
}

type TextProps = { content: string; index: number; onChange: (content: string) => void };

/** The text of one message; its editor is made when it comes into sight. */
function MessageText({ content, index, onChange }: TextProps) {
  const words = useWords("editor.code");
  const { isReadOnly } = useEditorScope();
  const epoch = useEditor((state) => state.epoch);
  const markers = useFaultMarkers(index);
  const newest = useRef(content);
  useEffect(() => {
    newest.current = content;
  }, [content]);
  const read = useCallback(() => newest.current, []);
  const highlights = useHighlights(read);
  const [place, wasSeen] = useInView<HTMLDivElement>();
  return (
    <div ref={place} className="min-h-14">
      {wasSeen ? (
        <CodeEditor
          value={content}
          epoch={epoch}
          label={words("messageNumber", { number: index + 1 })}
          language="jinja"
          placeholder={words("placeholder")}
          readOnly={isReadOnly}
          lineNumbers={false}
          autoHeight={{ min: 56, max: 640 }}
          markers={markers}
          highlights={highlights}
          onChange={onChange}
        />
      ) : null}
    </div>
  );
}
