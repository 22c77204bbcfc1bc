import { type CountedMessage, type Encoding, estimateChat } from "./chat-count";
import type { CountReply, CountRequest } from "./tokens.worker";

export type TokenCounts = { counts: Partial<Record<Encoding, number>>; isEstimate: boolean };

// Once the encoding is there even 100 KB take a tenth of this; text without a space can take
// many seconds, and is then estimated.
const PATIENCE_MS = 1000;
const FIRST_PATIENCE_MS = 15_000;

/**
 * Counts tokens in a worker and reports the newest question only: while one is being counted, the
 * next waits, and one that it overtakes is dropped.
 */
export class TokenCounter {
  private worker: Worker | null = null;
  private isWarm = false;
  private busyWith: CountRequest | null = null;
  private waiting: CountRequest | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private lastId = 0;

  constructor(private readonly report: (counts: TokenCounts) => void) {}

  /** Asks for the count of these messages; the answer comes by `report`. */
  ask(encodings: Encoding[], messages: CountedMessage[]): void {
    this.lastId += 1;
    this.waiting = { id: this.lastId, encodings, messages };
    if (this.busyWith === null) this.send();
  }

  close(): void {
    clearTimeout(this.timer);
    this.worker?.terminate();
    this.worker = null;
    this.busyWith = null;
    this.waiting = null;
  }

  private send(): void {
    const request = this.waiting;
    if (request === null) return;
    this.waiting = null;
    this.busyWith = request;
    this.worker ??= this.start();
    this.timer = setTimeout(
      () => {
        this.giveUp(request);
      },
      this.isWarm ? PATIENCE_MS : FIRST_PATIENCE_MS,
    );
    this.worker.postMessage(request);
  }

  private start(): Worker {
    const worker = new Worker(new URL("./tokens.worker.ts", import.meta.url), { type: "module" });
    worker.addEventListener("message", (event: MessageEvent<CountReply>) => {
      const request = this.busyWith;
      if (request === null || event.data.id !== request.id) return;
      if (event.data.counts === null) {
        this.giveUp(request);
      } else {
        this.isWarm = true;
        this.finish({ counts: event.data.counts, isEstimate: false });
      }
    });
    return worker;
  }

  private giveUp(request: CountRequest): void {
    this.worker?.terminate();
    this.worker = null;
    this.isWarm = false;
    const estimate = estimateChat(request.messages);
    const counts = Object.fromEntries(request.encodings.map((encoding) => [encoding, estimate]));
    this.finish({ counts, isEstimate: true });
  }

  private finish(counts: TokenCounts): void {
    clearTimeout(this.timer);
    this.busyWith = null;
    this.report(counts);
    this.send();
  }
}
