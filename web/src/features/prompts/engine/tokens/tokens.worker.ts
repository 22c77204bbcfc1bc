import { type CountedMessage, countChat, type Encoding } from "./chat-count";
import { loadCounter, type TextCounter } from "./encodings";
import { stretches } from "./pieces";

export type CountRequest = { id: number; encodings: Encoding[]; messages: CountedMessage[] };
/** `counts` is null where an encoding could not be loaded, as without a connection. */
export type CountReply = { id: number; counts: Partial<Record<Encoding, number>> | null };

const MAX_REMEMBERED = 2000;

const counters = new Map<Encoding, Promise<TextCounter>>();

async function load(encoding: Encoding): Promise<TextCounter> {
  const count = await loadCounter(encoding);
  const remembered = new Map<string, number>();
  const countOnce = (text: string) => {
    const known = remembered.get(text);
    if (known !== undefined) return known;
    const counted = count(text);
    const [oldest] = remembered.keys();
    if (remembered.size >= MAX_REMEMBERED && oldest !== undefined) remembered.delete(oldest);
    remembered.set(text, counted);
    return counted;
  };
  return (piece) => {
    let tokens = 0;
    for (const stretch of stretches(piece)) tokens += countOnce(stretch);
    return tokens;
  };
}

function counterOf(encoding: Encoding): Promise<TextCounter> {
  const known = counters.get(encoding);
  if (known !== undefined) return known;
  const loading = load(encoding);
  counters.set(encoding, loading);
  return loading;
}

async function answer({ id, encodings, messages }: CountRequest): Promise<CountReply> {
  const counts: Partial<Record<Encoding, number>> = {};
  try {
    for (const encoding of encodings)
      counts[encoding] = countChat(messages, await counterOf(encoding));
  } catch {
    counters.clear();
    return { id, counts: null };
  }
  return { id, counts };
}

self.addEventListener("message", (event: MessageEvent<CountRequest>) => {
  void answer(event.data).then((reply) => {
    self.postMessage(reply);
  });
});
