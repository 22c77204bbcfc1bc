import { useQuery } from "@tanstack/react-query";

import { ApiError } from "@/lib/api/api-error";
import { api, bodyOf, failureOf, identityHeaders, type Schemas } from "@/lib/api/client";

import { readEvents, type SseEvent } from "./sse";

export type Usage = Schemas["UsageRead"];
export type Run = Schemas["RunRead"];

/** What a run is asked for: a version's number or `draft`, and what is not as the version says. */
export type RunRequest = {
  alias: string;
  version: string;
  variables: Record<string, unknown>;
  model?: string;
  parameters?: Record<string, unknown>;
};

const RECONNECT_AFTER_MS = 1000;
const MAX_RECONNECTS = 60;

/**
 * Runs a prompt and gives its events as they come. The run has a key of its own, so that it goes on
 * while the connection is away: the stream is then taken up again where it broke, and the model is
 * not called twice. `onAway` tells that the connection is lost and, with false, that it is back.
 */
export async function* streamRun(
  { alias, version, ...wanted }: RunRequest,
  signal: AbortSignal,
  onAway: (isAway: boolean) => void,
): AsyncGenerator<SseEvent> {
  const response = await send(
    `/api/v1/run/${encodeURIComponent(alias)}?version=${encodeURIComponent(version)}`,
    {
      method: "POST",
      headers: {
        ...identityHeaders("POST"),
        "Content-Type": "application/json",
        "Idempotency-Key": crypto.randomUUID(),
      },
      body: JSON.stringify({ ...wanted, stream: true }),
      signal,
    },
  );
  let lastId: string | null = null;
  let stream: Response | null = response;
  for (let lost = 0; lost < MAX_RECONNECTS; lost += 1) {
    try {
      if (stream?.body) {
        for await (const event of readEvents(stream.body)) {
          if (lost > 0) onAway(false);
          lost = 0;
          lastId = event.id ?? lastId;
          yield event;
          if (event.event === "done" || event.event === "error") return;
        }
      }
    } catch (error) {
      if (signal.aborted || error instanceof SyntaxError) throw error;
    }
    if (lastId === null) break;
    onAway(true);
    await pause(RECONNECT_AFTER_MS, signal);
    stream = await resume(lastId, signal);
  }
  throw ApiError.unreachable();
}

async function resume(lastId: string, signal: AbortSignal): Promise<Response | null> {
  const run = lastId.split(":")[0] ?? "";
  try {
    return await send(`/api/v1/runs/${run}/events`, {
      headers: { ...identityHeaders("GET"), "Last-Event-ID": lastId },
      signal,
    });
  } catch (error) {
    if (error instanceof ApiError && error.isPassing) return null;
    throw error;
  }
}

async function send(address: string, init: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(address, init);
  } catch (error) {
    if (init.signal?.aborted) throw error;
    throw ApiError.unreachable();
  }
  if (!response.ok) throw await failureOf(response);
  return response;
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason instanceof Error ? signal.reason : new Error("aborted"));
    });
  });
}

/** Ends a run that is under way; the request goes out even while the page is closed. */
export async function cancelRun(id: string): Promise<void> {
  await fetch(`/api/v1/runs/${id}`, {
    method: "DELETE",
    headers: identityHeaders("DELETE"),
    keepalive: true,
  }).catch(() => undefined);
}

/** The newest runs of a prompt. */
export function useRecentRuns(prompt: string, isOpen: boolean) {
  return useQuery({
    queryKey: ["runs", "of", prompt],
    queryFn: async () =>
      bodyOf(await api.GET("/api/v1/runs", { params: { query: { prompt: [prompt], limit: 20 } } }))
        .data,
    enabled: isOpen,
    staleTime: 0,
  });
}

/** One run in full. */
export async function fetchRun(id: string): Promise<Run> {
  return bodyOf(await api.GET("/api/v1/runs/{run_id}", { params: { path: { run_id: id } } }));
}
