import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { api, bodyOf, type Schemas } from "@/lib/api/client";

const ENVIRONMENTS_KEY = ["environments"] as const;

function useFreshEnvironments() {
  const client = useQueryClient();
  return () => client.invalidateQueries({ queryKey: ENVIRONMENTS_KEY });
}

export function useCreateEnvironment() {
  const refresh = useFreshEnvironments();
  return useMutation({
    mutationFn: async (body: Schemas["EnvironmentCreate"]) =>
      bodyOf(await api.POST("/api/v1/environments", { body })),
    onSuccess: refresh,
  });
}

/** Protects an environment or takes the protection away; what it requires stays as it is. */
export function useProtectEnvironment() {
  const refresh = useFreshEnvironments();
  return useMutation({
    mutationFn: async ({ name, isProtected }: { name: string; isProtected: boolean }) => {
      await api.PATCH("/api/v1/environments/{environment}", {
        params: { path: { environment: name } },
        body: { protected: isProtected },
      });
    },
    onSettled: refresh,
  });
}

export function useDeleteEnvironment() {
  const refresh = useFreshEnvironments();
  return useMutation({
    mutationFn: async (name: string) => {
      await api.DELETE("/api/v1/environments/{environment}", {
        params: { path: { environment: name } },
      });
    },
    onSettled: refresh,
  });
}

const MOST_COUNTED = 100;

/** How many prompts serve an environment, up to a hundred; `isMore` tells that there are others. */
export function useServing(environment: string) {
  return useQuery({
    queryKey: ["deployments", "in", environment],
    queryFn: async () => {
      const page = bodyOf(
        await api.GET("/api/v1/deployments", {
          params: { query: { environment, limit: MOST_COUNTED } },
        }),
      );
      return { count: page.data.length, isMore: page.has_more };
    },
  });
}
