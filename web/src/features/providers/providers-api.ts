import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { api, bodyOf, type Schemas } from "@/lib/api/client";

import { PROVIDERS_KEY } from "./api";

export type Kind = Schemas["ProviderKindRead"];
export type TestOutcome = Schemas["ProviderTestRead"];

/** Every kind of provider: those that are called directly first, each lane in the order of its names. */
export function useKinds() {
  return useQuery({
    queryKey: [...PROVIDERS_KEY, "kinds"],
    queryFn: async () => bodyOf(await api.GET("/api/v1/providers/kinds")).data,
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** Which models a provider is known to have, as it names them itself. */
export function useModelsOf(provider: string, isWanted: boolean) {
  return useQuery({
    queryKey: ["models", "of", provider],
    queryFn: async () =>
      bodyOf(await api.GET("/api/v1/models", { params: { query: { provider, limit: 1000 } } }))
        .data,
    enabled: isWanted,
  });
}

function useFreshProviders() {
  const client = useQueryClient();
  return async () => {
    // What can be run depends on it too.
    await Promise.all([
      client.invalidateQueries({ queryKey: PROVIDERS_KEY }),
      client.invalidateQueries({ queryKey: ["models"] }),
    ]);
  };
}

export function useCreateProvider() {
  const refresh = useFreshProviders();
  return useMutation({
    mutationFn: async (body: Schemas["ProviderCreate"]) =>
      bodyOf(await api.POST("/api/v1/providers", { body })),
    onSuccess: refresh,
  });
}

export function useUpdateProvider() {
  const refresh = useFreshProviders();
  return useMutation({
    mutationFn: async ({ id, body }: { id: string; body: Schemas["ProviderPatch"] }) =>
      bodyOf(
        await api.PATCH("/api/v1/providers/{provider}", {
          params: { path: { provider: id } },
          body,
        }),
      ),
    onSuccess: refresh,
  });
}

export function useDeleteProvider() {
  const refresh = useFreshProviders();
  return useMutation({
    mutationFn: async (id: string) => {
      await api.DELETE("/api/v1/providers/{provider}", { params: { path: { provider: id } } });
    },
    onSettled: refresh,
  });
}

/** Makes the smallest real call; that the provider refuses is an outcome, not an error. */
export function useTestProvider() {
  return useMutation({
    mutationFn: async ({ id, model }: { id: string; model: string }) =>
      bodyOf(
        await api.POST("/api/v1/providers/{provider}/test", {
          params: { path: { provider: id } },
          body: model === "" ? {} : { model },
        }),
      ),
  });
}
