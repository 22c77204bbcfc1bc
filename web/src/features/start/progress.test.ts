import { expect, it } from "vitest";

import {
  type Facts,
  NOTHING_YET,
  progressOf,
  readProgress,
  stepsLeft,
  useProgressStore,
} from "./progress";

const NEW: Facts = {
  mayWrite: true,
  mayManageProviders: true,
  hasOwnPrompt: false,
  hasVersion: true,
  wasCalled: false,
  hasRealProvider: false,
};

it("reads nothing out of what is no progress", () => {
  for (const text of [null, "", "null", "3", "[", '{"dismissed":"write"}'])
    expect(readProgress(text)).toEqual(NOTHING_YET);
  expect(readProgress('{"hasRun":true,"dismissed":["call","x"]}')).toEqual({
    isClosed: false,
    hasRun: true,
    dismissed: ["call"],
  });
});

it("leaves every step of who may do everything and has done nothing", () => {
  expect(stepsLeft(NEW, NOTHING_YET)).toEqual(["write", "call", "provider"]);
});

it("leaves no step that is done, put away, or not for this person", () => {
  expect(stepsLeft({ ...NEW, hasOwnPrompt: true, wasCalled: true }, NOTHING_YET)).toEqual([
    "provider",
  ]);
  expect(stepsLeft(NEW, { ...NOTHING_YET, dismissed: ["write"] })).toEqual(["call", "provider"]);
  const runner = { ...NEW, mayWrite: false, mayManageProviders: false };
  expect(stepsLeft(runner, NOTHING_YET)).toEqual(["call"]);
  expect(stepsLeft({ ...runner, hasVersion: false }, NOTHING_YET)).toEqual([]);
});

it("keeps the progress of each person apart, also where the page is loaded anew", () => {
  useProgressStore.getState().change("ada", { hasRun: true });
  useProgressStore.getState().change("ada", { dismissed: ["call"] });
  expect(progressOf({}, "ada")).toEqual({ isClosed: false, hasRun: true, dismissed: ["call"] });
  expect(progressOf(useProgressStore.getState().of, "bo")).toEqual(NOTHING_YET);
});
