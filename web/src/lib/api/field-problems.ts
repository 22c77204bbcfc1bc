import { type ApiError, asApiError } from "./api-error";

/** A failed request as a form shows it: what stands at a field, and what is left for the form itself. */
export type FormProblem = {
  at: (pointer: string) => string | null;
  /** The error where a part of it stands at no field of the form, or null. */
  rest: ApiError | null;
};

/** Parts an error over the fields that a form has; a pointer inside of a field belongs to it. */
export function problemOf(thrown: unknown, pointers: readonly string[]): FormProblem {
  if (thrown === null || thrown === undefined) return { at: () => null, rest: null };
  const error = asApiError(thrown);
  const holds = (field: string, pointer: string) =>
    pointer === field || pointer.startsWith(`${field}/`);
  const isShown =
    error.fields.length > 0 &&
    error.fields.every(({ pointer }) => pointers.some((field) => holds(field, pointer)));
  return {
    at: (field) => error.fields.find(({ pointer }) => holds(field, pointer))?.message ?? null,
    rest: isShown ? null : error,
  };
}
