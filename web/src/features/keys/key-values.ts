import { z } from "zod";

import type { Schemas } from "@/lib/api/client";

import type { ApiKey, Scope } from "./keys-api";

// The policy of the page allows no code from text, which zod would try.
z.config({ jitless: true });

/** A whole number within the API's bounds, or nothing where that is allowed. */
function limit(most: number, mayBeEmpty: boolean) {
  return z
    .string()
    .trim()
    .refine(
      (text) =>
        (mayBeEmpty && text === "") ||
        (/^\d{1,10}$/.test(text) && Number(text) >= 1 && Number(text) <= most),
      "limit",
    );
}

export const MOST_REQUESTS = 1_000_000;
export const MOST_TOKENS = 1_000_000_000;
export const MOST_AT_ONCE = 10_000;

export const keyForm = z
  .object({
    name: z.string().trim().min(1).max(255),
    scopes: z.array(z.enum(["run", "read", "author", "admin"])).min(1),
    requestsPerMinute: limit(MOST_REQUESTS, false),
    burst: limit(MOST_REQUESTS, true),
    tokensPerMinute: limit(MOST_TOKENS, true),
    concurrentRuns: limit(MOST_AT_ONCE, true),
    // Null is everything in the project.
    prompts: z.array(z.string()).nullable(),
    environments: z.array(z.string()).nullable(),
    expiresOn: z.string(),
  })
  .superRefine(({ prompts, environments, expiresOn }, context) => {
    if (prompts?.length === 0)
      context.addIssue({ code: "custom", path: ["prompts"], message: "none" });
    if (environments?.length === 0)
      context.addIssue({ code: "custom", path: ["environments"], message: "none" });
    if (expiresOn !== "" && !(endOfDay(expiresOn) > new Date()))
      context.addIssue({ code: "custom", path: ["expiresOn"], message: "past" });
  });

export type KeyValues = z.infer<typeof keyForm>;

/** The last moment of a day (YYYY-MM-DD) in the time zone of who reads the page. */
export function endOfDay(day: string): Date {
  return new Date(`${day}T23:59:59.999`);
}

/** The day of a moment in that time zone, as a date field has it. */
export function dayOf(moment: Date): string {
  const month = String(moment.getMonth() + 1).padStart(2, "0");
  return `${String(moment.getFullYear()).padStart(4, "0")}-${month}-${String(moment.getDate()).padStart(2, "0")}`;
}

/** The day that lies so many days after a moment. */
export function dayAfter(days: number, now: Date): string {
  return dayOf(new Date(now.getFullYear(), now.getMonth(), now.getDate() + days));
}

export const NEW_KEY: KeyValues = {
  name: "",
  scopes: ["run"],
  requestsPerMinute: "600",
  burst: "",
  tokensPerMinute: "",
  concurrentRuns: "",
  prompts: null,
  environments: null,
  expiresOn: "",
};

/** A key as the form shows it. */
export function valuesOf(key: ApiKey): KeyValues {
  return {
    name: key.name,
    scopes: key.scopes,
    requestsPerMinute: String(key.requests_per_minute),
    burst: key.burst === key.requests_per_minute ? "" : String(key.burst),
    tokensPerMinute: key.tokens_per_minute === null ? "" : String(key.tokens_per_minute),
    concurrentRuns: key.concurrent_runs === null ? "" : String(key.concurrent_runs),
    prompts: key.prompts,
    environments: key.environments,
    expiresOn: key.expires_at === null ? "" : dayOf(new Date(key.expires_at)),
  };
}

function numberOf(text: string): number | null {
  return text.trim() === "" ? null : Number(text);
}

/** What makes the key that the form describes. */
export function createBody(values: KeyValues): Schemas["ApiKeyCreate"] {
  return { scopes: values.scopes, ...limitsOf(values), expires_at: expiryOf(values.expiresOn) };
}

/** What changes the key; an expiry that was not touched keeps its hour. */
export function updateBody(values: KeyValues, key: ApiKey): Schemas["ApiKeyUpdate"] {
  const isTouched = values.expiresOn !== valuesOf(key).expiresOn;
  return {
    ...limitsOf(values),
    ...(isTouched ? { expires_at: expiryOf(values.expiresOn) } : {}),
  };
}

function limitsOf(values: KeyValues) {
  return {
    name: values.name,
    requests_per_minute: Number(values.requestsPerMinute),
    burst: numberOf(values.burst),
    tokens_per_minute: numberOf(values.tokensPerMinute),
    concurrent_runs: numberOf(values.concurrentRuns),
    prompts: values.prompts,
    environments: values.environments,
  };
}

function expiryOf(day: string): string | null {
  return day === "" ? null : endOfDay(day).toISOString();
}

export type KeyState = "active" | "expiring" | "expired" | "revoked";
const SOON_MS = 7 * 86_400_000;

/** Whether a key is valid at a moment, and whether that ends within a week. */
export function stateOf(key: ApiKey, now: Date): KeyState {
  if (key.revoked_at !== null) return "revoked";
  if (key.expires_at === null) return "active";
  const left = new Date(key.expires_at).getTime() - now.getTime();
  if (left <= 0) return "expired";
  return left < SOON_MS ? "expiring" : "active";
}

/** Whether a key of these scopes may run prompts. */
export function mayRun(scopes: readonly Scope[]): boolean {
  return scopes.includes("run") || scopes.includes("admin");
}
