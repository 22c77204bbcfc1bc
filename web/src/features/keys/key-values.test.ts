import { describe, expect, it } from "vitest";

import { readCommand, runCommand } from "./example-call";
import {
  createBody,
  dayAfter,
  dayOf,
  endOfDay,
  keyForm,
  NEW_KEY,
  stateOf,
  updateBody,
  valuesOf,
} from "./key-values";
import type { ApiKey } from "./keys-api";

const KEY: ApiKey = {
  id: "key_1",
  name: "Shop",
  prefix: "sk-po_abcd",
  last4: "wxyz",
  scopes: ["run"],
  requests_per_minute: 600,
  burst: 600,
  tokens_per_minute: null,
  concurrent_runs: 3,
  prompts: ["prm_1"],
  flows: null,
  environments: null,
  expires_at: null,
  revoked_at: null,
  previous_until: null,
  last_used_at: null,
  created_at: "2026-01-01T00:00:00Z",
};

function problems(values: Partial<typeof NEW_KEY>): string[] {
  const read = keyForm.safeParse({ ...NEW_KEY, name: "Shop", ...values });
  return read.success ? [] : read.error.issues.map(({ path }) => path.join("."));
}

describe("the form of a key", () => {
  it("takes a name alone", () => {
    expect(problems({})).toEqual([]);
    expect(problems({ name: "  " })).toEqual(["name"]);
  });

  it("takes limits within the API's bounds", () => {
    expect(problems({ requestsPerMinute: "" })).toEqual(["requestsPerMinute"]);
    for (const burst of ["0", "-1", "1.5", "1000001", "ten"])
      expect(problems({ burst })).toEqual(["burst"]);
    expect(problems({ burst: " 5 ", tokensPerMinute: "1000000000" })).toEqual([]);
  });

  it("lets nobody make a key that may reach nothing by an empty list", () => {
    expect(problems({ prompts: [] })).toEqual(["prompts"]);
    expect(problems({ environments: [] })).toEqual(["environments"]);
    expect(problems({ scopes: [] })).toEqual(["scopes"]);
  });

  it("takes no day that has passed", () => {
    expect(problems({ expiresOn: "2020-01-01" })).toEqual(["expiresOn"]);
    expect(problems({ expiresOn: dayAfter(0, new Date()) })).toEqual([]);
  });
});

it("sends what is empty as no limit", () => {
  expect(createBody({ ...NEW_KEY, name: "Shop", concurrentRuns: "2" })).toEqual({
    name: "Shop",
    scopes: ["run"],
    requests_per_minute: 600,
    burst: null,
    tokens_per_minute: null,
    concurrent_runs: 2,
    prompts: null,
    environments: null,
    expires_at: null,
  });
});

it("shows a burst only where it is another than the limit a minute", () => {
  expect(valuesOf(KEY).burst).toBe("");
  expect(valuesOf({ ...KEY, burst: 10 }).burst).toBe("10");
});

it("keeps the hour of an expiry that was not touched", () => {
  const key = { ...KEY, expires_at: "2035-06-15T10:30:00Z" };
  const values = valuesOf(key);
  expect(updateBody(values, key)).not.toHaveProperty("expires_at");
  expect(updateBody({ ...values, expiresOn: "" }, key)).toHaveProperty("expires_at", null);
});

it("ends a key with its day, where the reader is", () => {
  expect(dayOf(endOfDay("2030-02-28"))).toBe("2030-02-28");
  expect(dayAfter(30, new Date(2026, 0, 31))).toBe("2026-03-02");
});

it("tells what a key is at a moment", () => {
  const now = new Date("2026-06-01T00:00:00Z");
  expect(stateOf(KEY, now)).toBe("active");
  expect(stateOf({ ...KEY, expires_at: "2026-06-05T00:00:00Z" }, now)).toBe("expiring");
  expect(stateOf({ ...KEY, expires_at: "2026-08-05T00:00:00Z" }, now)).toBe("active");
  expect(stateOf({ ...KEY, expires_at: "2026-06-01T00:00:00Z" }, now)).toBe("expired");
  expect(stateOf({ ...KEY, revoked_at: "2026-05-01T00:00:00Z" }, now)).toBe("revoked");
});

it("writes a call that a shell takes", () => {
  const call = {
    origin: "https://p.example",
    key: "sk-1",
    alias: "greet",
    environment: "prod",
    version: "1.0.0",
    variables: ["it's"],
  };
  expect(runCommand(call)).toContain("/run/greet?env=prod'");
  expect(runCommand(call)).toContain(String.raw`{"variables":{"it'\''s":"…"}}`);
  expect(runCommand({ ...call, environment: null })).toContain("?version=1.0.0'");
  expect(readCommand(call.origin, call.key)).toContain("X-API-Key: sk-1");
});
