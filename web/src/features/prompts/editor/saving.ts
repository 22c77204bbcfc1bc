import { asApiError } from "@/lib/api/api-error";

import { type Draft, fetchDraft, saveDraft } from "../api";
import { type EditorContent, fromRead, toInput } from "./content";
import { type CopyOwner, writeCopy, writeLocalValues } from "./local-copy";
import { type Base, type EditorStore, isSame } from "./store";

const COPY_AFTER_MS = 300;
const SAVE_AFTER_MS = 1000;
const RETRY_AFTER_MS = 5000;

/** What the server has after a draft was read or written. */
export function baseOf(draft: Draft, content: EditorContent): Base {
  return { edit: draft.edit, version: draft.base_version, content };
}

/**
 * Keeps the text of an open prompt: soon in this browser, and a second after the last key with the
 * server, one save at a time. What cannot be saved stays unsaved and is tried again; a draft that
 * was changed elsewhere is never overwritten.
 */
export class Saving {
  private readonly stops: (() => void)[] = [];
  private copyTimer: ReturnType<typeof setTimeout> | undefined;
  private saveTimer: ReturnType<typeof setTimeout> | undefined;
  private current: Promise<boolean> | null = null;
  private isStopped = false;

  constructor(
    private readonly store: EditorStore,
    private readonly owner: CopyOwner,
    private readonly onSaved: () => void = () => undefined,
  ) {}

  start(): void {
    this.isStopped = false;
    const flushCopy = () => {
      this.keepCopy();
    };
    const retry = () => void this.flush();
    this.stops.push(
      this.store.subscribe((state, before) => {
        if (state.content !== before.content || state.values !== before.values) this.schedule();
      }),
    );
    window.addEventListener("pagehide", flushCopy);
    document.addEventListener("visibilitychange", flushCopy);
    window.addEventListener("online", retry);
    this.stops.push(() => {
      window.removeEventListener("pagehide", flushCopy);
      document.removeEventListener("visibilitychange", flushCopy);
      window.removeEventListener("online", retry);
    });
    if (this.store.getState().status === "unsaved") this.schedule();
  }

  stop(): void {
    this.isStopped = true;
    this.keepCopy();
    clearTimeout(this.copyTimer);
    clearTimeout(this.saveTimer);
    for (const stop of this.stops.splice(0)) stop();
  }

  /** Whether everything is with the server when this ends. */
  async flush(): Promise<boolean> {
    clearTimeout(this.saveTimer);
    this.current ??= this.save().finally(() => {
      this.current = null;
    });
    const isSaved = await this.current;
    // What was typed meanwhile is not in it yet.
    return isSaved && this.isUnsaved() ? this.flush() : isSaved;
  }

  private isUnsaved(): boolean {
    const { content, base } = this.store.getState();
    return !isSame(content, base.content);
  }

  private schedule(): void {
    clearTimeout(this.copyTimer);
    this.copyTimer = setTimeout(() => {
      this.keepCopy();
    }, COPY_AFTER_MS);
    this.saveIn(SAVE_AFTER_MS);
  }

  /** A page that was left tries no more: the next one has the copy, and would meet its own text. */
  private saveIn(ms: number): void {
    clearTimeout(this.saveTimer);
    if (!this.isStopped) this.saveTimer = setTimeout(() => void this.flush(), ms);
  }

  private keepCopy(): void {
    const { content, base, values } = this.store.getState();
    writeLocalValues(this.owner, values);
    const copy = {
      edit: base.edit,
      version: base.version,
      content,
      savedAt: new Date().toISOString(),
    };
    writeCopy(this.owner, this.isUnsaved() ? copy : null);
  }

  private async save(): Promise<boolean> {
    const { content, base, status, settle } = this.store.getState();
    if (status === "conflict") return false;
    if (!this.isUnsaved()) {
      if (status !== "saved") settle({ status: "saved", error: null });
      return true;
    }
    const input = toInput(content);
    // A form without a word in it, or a chat without a message: there is nothing to keep yet.
    if (input === null) return false;
    settle({ status: "saving" });
    try {
      const version = base.edit === null && base.version !== null ? base.version : undefined;
      const draft = await saveDraft(this.owner.prompt, input, base.edit, version);
      this.saved(draft, content);
      return true;
    } catch (error) {
      await this.failed(error, content);
      return false;
    }
  }

  private saved(draft: Draft, content: EditorContent): void {
    const { settle } = this.store.getState();
    settle({ base: baseOf(draft, content), problem: draft.problem, error: null });
    settle({ status: this.isUnsaved() ? "unsaved" : "saved" });
    this.keepCopy();
    this.onSaved();
  }

  private async failed(thrown: unknown, content: EditorContent): Promise<void> {
    const { settle } = this.store.getState();
    const error = asApiError(thrown);
    this.keepCopy();
    if (error.code === "edit_conflict" || error.code === "edit_not_named") {
      await this.meet(content);
      return;
    }
    settle({ status: error.code === "unreachable" ? "offline" : "failed", error });
    if (error.isPassing) this.saveIn(RETRY_AFTER_MS);
  }

  /** Somebody (another tab, another device) saved this draft: the same text is no conflict. */
  private async meet(content: EditorContent): Promise<void> {
    const { settle, base } = this.store.getState();
    try {
      const theirs = await fetchDraft(this.owner.prompt);
      if (theirs === null) {
        settle({ base: { ...base, edit: null }, status: "unsaved" });
        this.saveIn(SAVE_AFTER_MS);
        return;
      }
      const content2 = fromRead(theirs.content);
      if (isSame(content2, content)) this.saved(theirs, content);
      else settle({ status: "conflict", theirs });
    } catch (error) {
      settle({ status: "failed", error });
      this.saveIn(RETRY_AFTER_MS);
    }
  }
}
