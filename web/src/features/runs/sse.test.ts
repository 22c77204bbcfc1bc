import { expect, it } from "vitest";

import { readEvents, type SseEvent } from "./sse";

async function read(chunks: string[]): Promise<SseEvent[]> {
  const bytes = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(bytes.encode(chunk));
      controller.close();
    },
  });
  const events: SseEvent[] = [];
  for await (const event of readEvents(body)) events.push(event);
  return events;
}

it("reads events whatever the pieces they arrive in", async () => {
  const text =
    'id: r:1\nevent: meta\ndata: {"a":1}\n\n: ping\n\nid: r:2\nevent: delta\ndata: {"text":"你好"}\n\n';
  const whole = await read([text]);
  expect(whole).toEqual([
    { id: "r:1", event: "meta", data: { a: 1 } },
    { id: "r:2", event: "delta", data: { text: "你好" } },
  ]);
  expect(await read([...text])).toEqual(whole);
});

it("ends without the event that is not whole", async () => {
  expect(await read(['event: delta\ndata: {"text":"x"}\n'])).toEqual([]);
});
