import { useEffect, useRef, useState } from "react";

import type { Encoding } from "../../engine/tokens/chat-count";
import { TokenCounter, type TokenCounts } from "../../engine/tokens/token-counter";
import { useEditorScope } from "../editor-scope";

/**
 * The input tokens of the prompt as it would be sent, by encoding; counted in a worker as the text
 * changes. Null until the first count is there.
 */
export function useTokenCounts(encodings: readonly Encoding[]): TokenCounts | null {
  const { live } = useEditorScope();
  const [counts, setCounts] = useState<TokenCounts | null>(null);
  const counter = useRef<TokenCounter | null>(null);
  const wanted = [...new Set(encodings)].sort().join();

  useEffect(() => {
    const made = new TokenCounter(setCounts);
    counter.current = made;
    return () => {
      counter.current = null;
      made.close();
    };
  }, []);

  useEffect(() => {
    const ask = () => {
      const { messages } = live.getState();
      if (messages === null) return;
      const sent = messages.flatMap((message) =>
        message.kind === "message" ? [{ role: message.role, content: message.text }] : [],
      );
      counter.current?.ask(wanted.split(",") as Encoding[], sent);
    };
    ask();
    return live.subscribe((state, before) => {
      if (state.messages !== before.messages) ask();
    });
  }, [live, wanted]);

  return counts;
}
