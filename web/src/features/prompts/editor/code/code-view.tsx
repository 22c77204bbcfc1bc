"use client";

import { MessagesSquare } from "lucide-react";
import dynamic from "next/dynamic";
import { useCallback, useEffect } from "react";

import { offerNames } from "@/components/code-editor/jinja";
import { CodeEditor } from "@/components/code-editor/lazy";
import { Button } from "@/components/ui/button";
import { useWords } from "@/lib/i18n/words";

import { useSnippetAliases } from "../../api";
import { FILTERS, TAGS, TESTS } from "../../engine/grammar";
import { type ChatMessage, newKey } from "../content";
import { useEditorScope, useLive } from "../editor-scope";
import { useEditor, useEditorStore } from "../store";
import { useFaultMarkers, useHighlights } from "./marks";

const ChatView = dynamic(async () => (await import("./chat-view")).ChatView, { ssr: false });

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
  // The editor owns its text: only one that came from elsewhere is drawn by this.
  const epoch = useEditor((state) => state.epoch);
  const read = useCallback(() => store.getState().content.text, [store]);
  const markers = useFaultMarkers(0);
  const highlights = useHighlights(read);
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
                content: read(),
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
          value={read()}
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
