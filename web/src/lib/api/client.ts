import createClient, { type Middleware } from "openapi-fetch";

import { ApiError } from "./api-error";
import type { components, paths } from "./schema.gen";

export type Schemas = components["schemas"];

/** What every request of a signed-in person carries; the session query fills it. */
export const identity: { csrfToken: string | null; project: string | null } = {
  csrfToken: null,
  project: null,
};

const SAFE = new Set(["GET", "HEAD"]);

const watchers = new Set<() => void>();

/** Tells when an answer says that the session has ended; returns how to stop being told. */
export function onSessionEnd(watcher: () => void): () => void {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}

/** The error of a failed answer; of one that says that the session has ended, others are told. */
export async function failureOf(response: Response): Promise<ApiError> {
  const error = await ApiError.of(response);
  if (error.code === "unauthorized" && identity.csrfToken !== null) {
    for (const watcher of watchers) watcher();
  }
  return error;
}

/** The headers of a request with this method, for the client below and for streams. */
export function identityHeaders(method: string): Record<string, string> {
  return {
    ...(identity.project === null ? {} : { "X-Project": identity.project }),
    ...(identity.csrfToken === null || SAFE.has(method)
      ? {}
      : { "X-CSRF-Token": identity.csrfToken }),
  };
}

const withIdentity: Middleware = {
  onRequest({ request }) {
    for (const [name, value] of Object.entries(identityHeaders(request.method))) {
      request.headers.set(name, value);
    }
    return request;
  },
  async onResponse({ response }) {
    if (!response.ok) throw await failureOf(response);
    return response;
  },
  onError() {
    return ApiError.unreachable();
  },
};

/** The client of the API, typed by server/openapi.json. Every failure is thrown as an ApiError. */
export const api = createClient<paths>({
  baseUrl: typeof window === "undefined" ? "/" : window.location.origin,
  querySerializer: { array: { style: "form", explode: true } },
  fetch: (request) => fetch(request),
});
api.use(withIdentity);

/** The body of an answer that has one; `api` has thrown for every other answer. */
export function bodyOf<T>(answer: { data?: T }): T {
  if (answer.data === undefined) throw ApiError.unreachable();
  return answer.data;
}
