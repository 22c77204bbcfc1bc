import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { api, bodyOf, type Schemas } from "@/lib/api/client";

export type RunSettings = Schemas["RunSettingsBody"];

const RUN_SETTINGS_KEY = ["run-settings"] as const;

/** What the project keeps of its runs. */
export function useRunSettings() {
  return useQuery({
    queryKey: RUN_SETTINGS_KEY,
    queryFn: async () => bodyOf(await api.GET("/api/v1/run-settings")),
  });
}

export function usePutRunSettings() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (body: RunSettings) =>
      bodyOf(await api.PUT("/api/v1/run-settings", { body })),
    onSuccess: (saved) => {
      client.setQueryData(RUN_SETTINGS_KEY, saved);
    },
  });
}

/** Deletes every ended run of one user of a program that calls prompts; returns how many there were. */
export function useDeleteRunsOf() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (user: string) =>
      bodyOf(await api.DELETE("/api/v1/runs", { params: { query: { user } } })).deleted,
    onSuccess: () => client.invalidateQueries({ queryKey: ["runs"] }),
  });
}
