import { type ApiError, asApiError } from "@/lib/api/api-error";

import { useWords } from "./words";

const KNOWN = [
  "unreachable",
  "unauthorized",
  "forbidden",
  "rate_limited",
  "too_many_attempts",
  "invalid_credentials",
  "storage_unavailable",
  "internal",
  "provider_rejected_credentials",
  "provider_timeout",
  "provider_unavailable",
  "not_found",
] as const;
type Known = (typeof KNOWN)[number];

/**
 * Says what went wrong: for what a person meets often a sentence in their language, else the
 * server's own, which names the field. While they are signing in a refusal is about the account or
 * the address and not about a role: there too the server's own.
 */
export function useErrorSentence(isSigningIn = false): (error: unknown) => string {
  const words = useWords("common.errors");
  return (thrown) => {
    const error: ApiError = asApiError(thrown);
    const isOwn = isSigningIn && error.code === "forbidden";
    if (!isOwn && (KNOWN as readonly string[]).includes(error.code))
      return words(error.code as Known);
    const places = error.fields.map(
      (field) => `${field.pointer.replace(/^#\//, "")}: ${field.message}`,
    );
    const sentence = [
      error.message,
      ...places.filter((place) => !place.endsWith(error.message)),
    ].join(" ");
    return sentence.trim() === "" ? words("unknown") : sentence;
  };
}
