import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import type { Draft, Prompt } from "../api";
import { type EditorContent, EMPTY_FORM } from "./content";
import { type CopyOwner, readCopy } from "./local-copy";
import { Saving } from "./saving";
import { createEditorStore } from "./store";

const OWNER: CopyOwner = { user: "usr_1", prompt: "prm_1" };

function textOf(text: string): EditorContent {
  return { mode: "text", form: EMPTY_FORM, text, messages: [], config: { model: "local/small" } };
}

function draftOf(text: string, edit: number): Draft {
  return {
    content: {
      kind: "text",
      structure: null,
      template: text,
      messages: null,
      config: { model: "local/small" } as Draft["content"]["config"],
    },
    variables: { names: [], required: [] },
    snippets: [],
    problem: null,
    content_hash: "",
    edit,
    base_version: null,
    author: null,
    updated_at: "2026-01-01T00:00:00Z",
  };
}

/** A server with one draft, as far as saving needs it; it can be cut off. */
class ScriptedServer {
  text = "one";
  edit = 1;
  isDown = false;
  writes = 0;

  readonly fetch = async (input: RequestInfo | URL): Promise<Response> => {
    const request = input as Request;
    if (this.isDown) throw new TypeError("Failed to fetch");
    if (request.method === "GET") return Response.json(draftOf(this.text, this.edit));
    this.writes += 1;
    if (request.headers.get("If-Match") !== `"${this.edit}"`) {
      return Response.json({ code: "edit_conflict", detail: "changed" }, { status: 412 });
    }
    this.text = ((await request.json()) as { template: string }).template;
    this.edit += 1;
    return Response.json(draftOf(this.text, this.edit));
  };
}

function open(server: ScriptedServer) {
  vi.stubGlobal("fetch", server.fetch);
  const content = textOf("one");
  const base = { edit: 1, version: null, content };
  const store = createEditorStore({ id: OWNER.prompt } as Prompt, base, content, {});
  const saving = new Saving(store, OWNER);
  saving.start();
  const type = (text: string) => {
    store.getState().change({ text });
  };
  return { store, saving, type };
}

beforeEach(() => {
  localStorage.clear();
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] });
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("Saving", () => {
  it("saves a second after the last key, once", async () => {
    const server = new ScriptedServer();
    const { store, type } = open(server);
    type("one two");
    await vi.advanceTimersByTimeAsync(500);
    type("one two three");
    expect(store.getState().status).toBe("unsaved");
    await vi.advanceTimersByTimeAsync(1500);
    expect(server.text).toBe("one two three");
    expect(server.writes).toBe(1);
    expect(store.getState().status).toBe("saved");
  });

  it("keeps what could not be saved in the browser, and saves it when the server is back", async () => {
    const server = new ScriptedServer();
    const { store, type } = open(server);
    server.isDown = true;
    type("kept");
    await vi.advanceTimersByTimeAsync(2000);
    expect(store.getState().status).toBe("offline");
    expect(readCopy(OWNER)?.content.text).toBe("kept");
    server.isDown = false;
    await vi.advanceTimersByTimeAsync(6000);
    expect(server.text).toBe("kept");
    expect(readCopy(OWNER)).toBeNull();
  });

  it("never overwrites what was saved elsewhere", async () => {
    const server = new ScriptedServer();
    const { store, type } = open(server);
    server.text = "theirs";
    server.edit = 7;
    type("mine");
    await vi.advanceTimersByTimeAsync(2000);
    expect(store.getState().status).toBe("conflict");
    expect(store.getState().theirs?.content.template).toBe("theirs");
    type("mine, longer");
    await vi.advanceTimersByTimeAsync(5000);
    expect(server.text).toBe("theirs");
    expect(readCopy(OWNER)?.content.text).toBe("mine, longer");
  });

  it("takes the same text from elsewhere for its own", async () => {
    const server = new ScriptedServer();
    const { store, type } = open(server);
    server.text = "same";
    server.edit = 4;
    type("same");
    await vi.advanceTimersByTimeAsync(2000);
    expect(store.getState().status).toBe("saved");
    expect(store.getState().base.edit).toBe(4);
  });

  it("saves what was typed while it saved before it says that all is saved", async () => {
    const server = new ScriptedServer();
    const { saving, type } = open(server);
    type("a");
    const flushed = saving.flush();
    type("ab");
    expect(await flushed).toBe(true);
    expect(server.text).toBe("ab");
  });

  it("tries nothing again once it was stopped: the text is in the browser for the next page", async () => {
    const server = new ScriptedServer();
    const { saving, type } = open(server);
    server.isDown = true;
    type("kept");
    const last = saving.flush();
    saving.stop();
    expect(await last).toBe(false);
    server.isDown = false;
    await vi.advanceTimersByTimeAsync(20_000);
    expect(server.writes).toBe(0);
    expect(readCopy(OWNER)?.content.text).toBe("kept");
  });
});
