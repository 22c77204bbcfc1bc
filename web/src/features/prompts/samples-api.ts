import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { api, bodyOf } from "@/lib/api/client";

const keyOf = (prompt: string) => ["prompts", "samples", prompt] as const;

/** The saved samples of a prompt: named rows of values. */
export function useSamples(prompt: string) {
  return useQuery({
    queryKey: keyOf(prompt),
    queryFn: async () =>
      bodyOf(await api.GET("/api/v1/prompts/{prompt}/samples", { params: { path: { prompt } } }))
        .data,
    staleTime: 60_000,
  });
}

type SampleToSave = { id: string | null; name: string; values: Record<string, unknown> };

/** Saves values under a name: a new sample, or in the place of the one with this id. */
export function useSaveSample(prompt: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async ({ id, ...body }: SampleToSave) =>
      id === null
        ? bodyOf(
            await api.POST("/api/v1/prompts/{prompt}/samples", {
              params: { path: { prompt } },
              body,
            }),
          )
        : bodyOf(
            await api.PUT("/api/v1/prompts/{prompt}/samples/{sample_id}", {
              params: { path: { prompt, sample_id: id } },
              body,
            }),
          ),
    onSuccess: () => client.invalidateQueries({ queryKey: keyOf(prompt) }),
  });
}

export function useDeleteSample(prompt: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (id: string) => {
      await api.DELETE("/api/v1/prompts/{prompt}/samples/{sample_id}", {
        params: { path: { prompt, sample_id: id } },
      });
    },
    onSuccess: () => client.invalidateQueries({ queryKey: keyOf(prompt) }),
  });
}
