import { useEffect, useState } from "react";
import { flushSync } from "react-dom";

import { mark } from "@/lib/marks";

import type { Encoding } from "../../engine/tokens/chat-count";
import type { TokenCounter, TokenCounts } from "../../engine/tokens/token-counter";
import { useEditorScope } from "../editor-scope";

/**
 * The input tokens of the prompt as it would be sent, by encoding; counted in a worker as the text
 * changes. Null until the first count is there.
 */
export function useTokenCounts(encodings: readonly Encoding[]): TokenCounts | null {
  const { live } = useEditorScope();
  const [counter, setCounter] = useState<TokenCounter | null>(null);
  const [counts, setCounts] = useState<TokenCounts | null>(null);
  const wanted = [...new Set(encodings)].sort().join();

  useEffect(() => {
    let isOpen = true;
    let made: TokenCounter | null = null;
    // The tokenizer comes after the page itself.
    void import("../../engine/tokens/token-counter").then((tokens) => {
      if (!isOpen) return;
      made = new tokens.TokenCounter((counted) => {
        flushSync(() => {
          setCounts(counted);
        });
        mark("promptops:tokens");
      });
      setCounter(made);
    });
    return () => {
      isOpen = false;
      setCounter(null);
      made?.close();
    };
  }, []);

  useEffect(() => {
    if (counter === null) return undefined;
    const ask = () => {
      const { messages } = live.getState();
      if (messages === null) return;
      const sent = messages.flatMap((message) =>
        message.kind === "message" ? [{ role: message.role, content: message.text }] : [],
      );
      counter.ask(wanted.split(",") as Encoding[], sent);
    };
    ask();
    return live.subscribe((state, before) => {
      if (state.messages !== before.messages) ask();
    });
  }, [live, wanted, counter]);

  return counts;
}
