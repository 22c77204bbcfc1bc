"use client";

import { MessageSquarePlus, MessagesSquare, Type } from "lucide-react";
import { useEffect } from "react";

import { offerNames } from "@/components/code-editor/jinja";
import { CodeEditor } from "@/components/code-editor/lazy";
import { Button } from "@/components/ui/button";
import { useWords } from "@/lib/i18n/words";

import { useSnippetAliases } from "../../api";
import { FILTERS, TAGS, TESTS } from "../../engine/grammar";
import { type ChatMessage, newKey } from "../content";
import { useEditorScope, useLive } from "../editor-scope";
import { useEditor, useEditorStore } from "../store";
import { ChatMessageEditor } from "./chat-message";
import { useFaultMarkers, useHighlights } from "./marks";

/** The prompt as templates: one text, or the messages of a chat. */
export function CodeView() {
  const mode = useEditor((state) => state.content.mode);
  const own = useEditor((state) => state.prompt.alias);
  const { names, snippets } = useLive((live) => live.variables);
  const aliases = useSnippetAliases();
  useEffect(() => {
    const others = [...new Set([...snippets, ...aliases])].filter((alias) => alias !== own);
    offerNames({
      variables: names,
      snippets: others,
      filters: FILTERS,
      tests: TESTS,
      tags: TAGS,
    });
  }, [names, snippets, aliases, own]);
  return mode === "text" ? <TextView /> : <ChatView />;
}

function TextView() {
  const words = useWords("editor.code");
  const store = useEditorStore();
  const { isReadOnly } = useEditorScope();
  const text = useEditor((state) => state.content.text);
  const epoch = useEditor((state) => state.epoch);
  const markers = useFaultMarkers(0);
  const highlights = useHighlights(text);
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      {isReadOnly ? null : (
        <div className="flex items-center gap-2 border-b px-3 py-1.5">
          <Button
            size="sm"
            variant="ghost"
            onClick={() => {
              const message: ChatMessage = {
                key: newKey(),
                kind: "message",
                role: "user",
                content: text,
              };
              store
                .getState()
                .replace({ ...store.getState().content, mode: "chat", messages: [message] });
            }}
          >
            <MessagesSquare />
            {words("asChat")}
          </Button>
        </div>
      )}
      <div className="min-h-64 flex-1">
        <CodeEditor
          value={text}
          epoch={epoch}
          label={words("template")}
          language="jinja"
          placeholder={words("placeholder")}
          readOnly={isReadOnly}
          markers={markers}
          highlights={highlights}
          onChange={(changed) => {
            store.getState().change({ text: changed });
          }}
        />
      </div>
    </div>
  );
}

function ChatView() {
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
