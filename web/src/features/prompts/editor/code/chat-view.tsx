"use client";

import { MessageSquarePlus, MessagesSquare, Type } from "lucide-react";

import { Button } from "@/components/ui/button";
import { useWords } from "@/lib/i18n/words";

import { type ChatMessage, newKey } from "../content";
import { useEditorScope } from "../editor-scope";
import { useEditor, useEditorStore } from "../store";
import { ChatMessageEditor } from "./chat-message";

/** The messages of a chat in their order, each with its role. */
export function ChatView() {
  const words = useWords("editor.code");
  const store = useEditorStore();
  const { isReadOnly } = useEditorScope();
  const messages = useEditor((state) => state.content.messages);
  const change = (changed: ChatMessage[]) => {
    store.getState().change({ messages: changed });
  };
  const hasPlaceholder = messages.some(({ kind }) => kind === "placeholder");
  const [only] = messages;
  const canBeText = messages.length === 1 && only?.kind === "message" && only.role === "user";
  return (
    <div className="flex min-h-0 flex-1 flex-col gap-3 overflow-auto p-3">
      <ol className="flex flex-col gap-3">
        {messages.map((message, index) => (
          <ChatMessageEditor
            key={message.key}
            message={message}
            index={index}
            count={messages.length}
            onChange={(changed) => {
              const { messages: now } = store.getState().content;
              change(now.map((one) => (one.key === message.key ? changed : one)));
            }}
            onMove={(by) => {
              const moved = messages.filter((one) => one.key !== message.key);
              moved.splice(index + by, 0, message);
              change(moved);
            }}
            onRemove={() => {
              change(messages.filter((one) => one.key !== message.key));
            }}
          />
        ))}
      </ol>
      {isReadOnly ? null : (
        <div className="flex flex-wrap gap-2">
          <Button
            size="sm"
            onClick={() => {
              const last = messages.findLast((one) => one.kind === "message");
              const role = last?.kind === "message" && last.role === "user" ? "assistant" : "user";
              change([...messages, { key: newKey(), kind: "message", role, content: "" }]);
            }}
          >
            <MessageSquarePlus />
            {words("addMessage")}
          </Button>
          {hasPlaceholder ? null : (
            <Button
              size="sm"
              onClick={() => {
                change([...messages, { key: newKey(), kind: "placeholder" }]);
              }}
            >
              <MessagesSquare />
              {words("addPlaceholder")}
            </Button>
          )}
          {canBeText ? (
            <Button
              size="sm"
              variant="ghost"
              onClick={() => {
                store
                  .getState()
                  .replace({ ...store.getState().content, mode: "text", text: only.content });
              }}
            >
              <Type />
              {words("asText")}
            </Button>
          ) : null}
        </div>
      )}
    </div>
  );
}
