import {
  keepPreviousData,
  useInfiniteQuery,
  useMutation,
  useQuery,
  useQueryClient,
} from "@tanstack/react-query";
import { useEffect, useState } from "react";

import { api, bodyOf, failureOf, identityHeaders, type Schemas } from "@/lib/api/client";
import type { paths } from "@/lib/api/schema.gen";

import { fetchRun } from "./api";
import { queryOf, type RunFilter } from "./list/filter";
import { readEvents } from "./sse";

export type RunSummary = Schemas["RunSummary"];
export type Feedback = Schemas["FeedbackRead"];
type Query = NonNullable<paths["/api/v1/runs"]["get"]["parameters"]["query"]>;

const RUNS_KEY = ["runs", "table"] as const;
const READ_AT_MOST_EVERY_MS = 1000;
const RECONNECT_AFTER_MS = 2000;

/** The runs under a filter, the newest first, page by page. */
export function useRunPages(filter: RunFilter) {
  return useInfiniteQuery({
    queryKey: [...RUNS_KEY, filter],
    queryFn: async ({ pageParam }) => {
      const wanted = Object.fromEntries(
        [...queryOf(filter)].map(([name, value]) => [name, [value]]),
      );
      const query = { ...wanted, limit: 50, ...(pageParam === null ? {} : { cursor: pageParam }) };
      return bodyOf(await api.GET("/api/v1/runs", { params: { query: query as Query } }));
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor ?? null,
    placeholderData: keepPreviousData,
  });
}

/** One run in full, read anew while it goes on. */
export function useRun(id: string) {
  return useQuery({
    queryKey: ["runs", "one", id],
    queryFn: () => fetchRun(id),
    refetchInterval: ({ state }) => (state.data?.ended_at === null ? 1000 : false),
  });
}

/** What was said about a run. */
export function useFeedback(run: string) {
  return useQuery({
    queryKey: ["runs", "feedback", run],
    queryFn: async () =>
      bodyOf(await api.GET("/api/v1/runs/{run_id}/feedback", { params: { path: { run_id: run } } }))
        .data,
  });
}

/** Says something about a run: a thumb or a comment. */
export function useSayFeedback(run: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (said: Schemas["FeedbackCreate"]) =>
      bodyOf(
        await api.POST("/api/v1/runs/{run_id}/feedback", {
          params: { path: { run_id: run } },
          body: said,
        }),
      ),
    onSuccess: () => client.invalidateQueries({ queryKey: ["runs"] }),
  });
}

/** Takes back what one has said oneself. */
export function useWithdrawFeedback(run: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (feedback: string) => {
      await api.DELETE("/api/v1/runs/{run_id}/feedback/{feedback}", {
        params: { path: { run_id: run, feedback } },
      });
    },
    onSuccess: () => client.invalidateQueries({ queryKey: ["runs"] }),
  });
}

/**
 * Reads the table anew as runs begin and end, at most once a second, unless it is paused. Whether the
 * server is heard.
 */
export function useLiveRuns(isPaused: boolean): boolean {
  const client = useQueryClient();
  const [isHeard, setHeard] = useState(false);
  useEffect(() => {
    if (isPaused) return undefined;
    const controller = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const read = () => {
      timer ??= setTimeout(() => {
        timer = undefined;
        void client.invalidateQueries({ queryKey: RUNS_KEY });
      }, READ_AT_MOST_EVERY_MS);
    };
    void follow(controller.signal, setHeard, read);
    return () => {
      controller.abort();
      clearTimeout(timer);
      setHeard(false);
    };
  }, [client, isPaused]);
  return isHeard;
}

async function follow(
  signal: AbortSignal,
  onHeard: (isHeard: boolean) => void,
  onEvent: () => void,
): Promise<void> {
  while (!signal.aborted) {
    try {
      const response = await fetch("/api/v1/runs/live", {
        headers: identityHeaders("GET"),
        signal,
      });
      if (!response.ok) throw await failureOf(response);
      onHeard(true);
      // The first event says that the list is to be read now.
      if (response.body === null) continue;
      for await (const { event } of readEvents(response.body)) if (event !== "error") onEvent();
    } catch {
      // It is taken up again below, or it was ended by this page.
    }
    if (signal.aborted) return;
    onHeard(false);
    await new Promise((resolve) => setTimeout(resolve, RECONNECT_AFTER_MS));
  }
}
