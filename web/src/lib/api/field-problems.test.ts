import { expect, it } from "vitest";

import { ApiError } from "./api-error";
import { problemOf } from "./field-problems";

function refused(...pointers: string[]): ApiError {
  return new ApiError(
    422,
    "invalid_request",
    "No.",
    pointers.map((pointer) => ({ code: "x", pointer, message: `at ${pointer}` })),
  );
}

it("says nothing where nothing failed", () => {
  const problem = problemOf(null, ["#/name"]);
  expect(problem.at("#/name")).toBeNull();
  expect(problem.rest).toBeNull();
});

it("puts a problem to its field, one inside of a field too", () => {
  const problem = problemOf(refused("#/name", "#/prompts/3"), ["#/name", "#/prompts"]);
  expect(problem.at("#/name")).toBe("at #/name");
  expect(problem.at("#/prompts")).toBe("at #/prompts/3");
  expect(problem.rest).toBeNull();
});

it("keeps for the form what belongs to none of its fields", () => {
  const error = refused("#/name", "#/named");
  expect(problemOf(error, ["#/name"]).rest).toBe(error);
  const conflict = new ApiError(409, "taken", "Taken.");
  expect(problemOf(conflict, ["#/name"]).rest).toBe(conflict);
});
