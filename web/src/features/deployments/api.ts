import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { api, bodyOf, type Schemas } from "@/lib/api/client";

export type Deployment = Schemas["DeploymentRead"];
export type Environment = Schemas["EnvironmentRead"];
export type Release = Schemas["ReleaseRead"];

const DEPLOYMENTS_KEY = ["deployments"] as const;
const DAY_MS = 86_400_000;
const DAYS = 7;

/** Of one prompt: what runs where, and what it ran and cost in the last 7 days. */
export type Glance = {
  environments: Deployment[];
  runs: number;
  costUsd: string | null;
  lastRunAt: string | null;
};

/** The glance of each of these prompts (public ids), in two requests for all of them. */
export function useGlances(prompts: string[]): Map<string, Glance> {
  const deployments = useQuery({
    queryKey: [...DEPLOYMENTS_KEY, "of", prompts],
    queryFn: async () =>
      bodyOf(
        await api.GET("/api/v1/deployments", {
          params: { query: { prompt: prompts, limit: 100 } },
        }),
      ).data,
    enabled: prompts.length > 0,
  });
  const usage = useQuery({
    queryKey: ["usage", "week", prompts],
    queryFn: async () =>
      bodyOf(
        await api.GET("/api/v1/usage", {
          params: {
            query: {
              group_by: ["prompt"],
              prompt: prompts,
              since: new Date(Math.floor(Date.now() / DAY_MS - DAYS) * DAY_MS).toISOString(),
              limit: 1000,
            },
          },
        }),
      ).data,
    enabled: prompts.length > 0,
  });
  const glances = new Map<string, Glance>();
  if (deployments.data === undefined || usage.data === undefined) return glances;
  for (const prompt of prompts) {
    const line = usage.data.find((one) => one.prompt_id === prompt);
    glances.set(prompt, {
      environments: deployments.data.filter((one) => one.subject_id === prompt),
      runs: line?.runs ?? 0,
      // A run whose price is not known is in no sum.
      costUsd: line === undefined || line.unpriced_runs === line.runs ? null : line.cost_usd,
      lastRunAt: line?.last_run_at ?? null,
    });
  }
  return glances;
}

/** The environments of the project. */
export function useEnvironments() {
  return useQuery({
    queryKey: ["environments"],
    queryFn: async () => bodyOf(await api.GET("/api/v1/environments")).data,
    staleTime: 60_000,
  });
}

/** What runs where of one prompt. */
export function useDeployments(prompt: string) {
  return useQuery({
    queryKey: [...DEPLOYMENTS_KEY, "of", [prompt]],
    queryFn: async () =>
      bodyOf(
        await api.GET("/api/v1/deployments", {
          params: { query: { prompt: [prompt], limit: 100 } },
        }),
      ).data,
  });
}

/** The ledger of one deployment, newest first. */
export function useReleases(deployment: string | null) {
  return useQuery({
    queryKey: [...DEPLOYMENTS_KEY, "releases", deployment],
    queryFn: async () =>
      bodyOf(
        await api.GET("/api/v1/deployments/{deployment}/releases", {
          params: { path: { deployment: deployment ?? "" }, query: { limit: 50 } },
        }),
      ).data,
    enabled: deployment !== null,
  });
}

/** Puts a version into an environment, in the place of what serves there now. */
export function useDeploy() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (body: Schemas["DeploymentCreate"]) =>
      bodyOf(await api.POST("/api/v1/deployments", { body })),
    onSettled: () => client.invalidateQueries({ queryKey: DEPLOYMENTS_KEY }),
  });
}

/** Goes back to the version that served before. */
export function useRollBack() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async ({ deployment, body }: { deployment: string; body: Schemas["Rollback"] }) =>
      bodyOf(
        await api.POST("/api/v1/deployments/{deployment}/rollback", {
          params: { path: { deployment } },
          body,
        }),
      ),
    onSettled: () => client.invalidateQueries({ queryKey: DEPLOYMENTS_KEY }),
  });
}
