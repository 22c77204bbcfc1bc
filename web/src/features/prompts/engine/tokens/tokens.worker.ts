import { type CountedMessage, countChat, type Encoding } from "./chat-count";
import { loadCounter, type TextCounter } from "./encodings";

export type CountRequest = { id: number; encodings: Encoding[]; messages: CountedMessage[] };
export type CountReply = { id: number; counts: Partial<Record<Encoding, number>> };

const MAX_REMEMBERED = 200;

const counters = new Map<Encoding, Promise<TextCounter>>();

async function load(encoding: Encoding): Promise<TextCounter> {
  const count = await loadCounter(encoding);
  const remembered = new Map<string, number>();
  return (text) => {
    const known = remembered.get(text);
    if (known !== undefined) return known;
    const counted = count(text);
    if (remembered.size > MAX_REMEMBERED) remembered.clear();
    remembered.set(text, counted);
    return counted;
  };
}

function counterOf(encoding: Encoding): Promise<TextCounter> {
  const known = counters.get(encoding);
  if (known !== undefined) return known;
  const loading = load(encoding);
  counters.set(encoding, loading);
  return loading;
}

self.addEventListener("message", (event: MessageEvent<CountRequest>) => {
  void (async () => {
    const { id, encodings, messages } = event.data;
    const counts: CountReply["counts"] = {};
    for (const encoding of encodings)
      counts[encoding] = countChat(messages, await counterOf(encoding));
    self.postMessage({ id, counts } satisfies CountReply);
  })();
});
