import { z } from "zod";

import type { RunSettings } from "./storage-api";

// The policy of the page allows no code from text, which zod would try.
z.config({ jitless: true });

export const MOST_DAYS = 3650;

export const storageForm = z
  .object({
    store: z.enum(["full", "metadata"]),
    isLimited: z.boolean(),
    days: z.string().trim(),
  })
  .superRefine(({ isLimited, days }, context) => {
    const isRight = /^\d{1,4}$/.test(days) && Number(days) >= 1 && Number(days) <= MOST_DAYS;
    if (isLimited && !isRight)
      context.addIssue({ code: "custom", path: ["days"], message: "days" });
  });

export type StorageValues = z.infer<typeof storageForm>;

const SUGGESTED_DAYS = "90";

/** The settings as the form shows them. */
export function valuesOf(settings: RunSettings): StorageValues {
  const days = settings.retention_days ?? null;
  return {
    store: settings.store,
    isLimited: days !== null,
    days: days === null ? SUGGESTED_DAYS : String(days),
  };
}

/** What is sent of the form. */
export function settingsOf({ store, isLimited, days }: StorageValues): RunSettings {
  return { store, retention_days: isLimited ? Number(days) : null };
}

/** Whether saving deletes runs that are kept now. */
export function deletesRuns(before: RunSettings, after: RunSettings): boolean {
  const wanted = after.retention_days ?? null;
  return wanted !== null && wanted < (before.retention_days ?? Number.POSITIVE_INFINITY);
}
