import { expect, it } from "vitest";

import { deletesRuns, settingsOf, storageForm, valuesOf } from "./storage-values";

function isTaken(isLimited: boolean, days: string): boolean {
  return storageForm.safeParse({ store: "full", isLimited, days }).success;
}

it("takes from 1 to 3650 days, and anything where there is no limit", () => {
  for (const days of ["1", " 30 ", "3650"]) expect(isTaken(true, days)).toBe(true);
  for (const days of ["", "0", "3651", "1.5", "-1", "a year"])
    expect(isTaken(true, days)).toBe(false);
  expect(isTaken(false, "")).toBe(true);
});

it("gives back the settings that it was made of", () => {
  for (const settings of [
    { store: "full", retention_days: null },
    { store: "metadata", retention_days: 30 },
  ] as const)
    expect(settingsOf(valuesOf(settings))).toEqual(settings);
});

it("knows when saving deletes runs", () => {
  const ever = { store: "full", retention_days: null } as const;
  const month = { store: "full", retention_days: 30 } as const;
  const week = { store: "full", retention_days: 7 } as const;
  expect(deletesRuns(ever, month)).toBe(true);
  expect(deletesRuns(month, week)).toBe(true);
  expect(deletesRuns(week, month)).toBe(false);
  expect(deletesRuns(month, month)).toBe(false);
  expect(deletesRuns(month, ever)).toBe(false);
});
