import { useQuery } from "@tanstack/react-query";

import { api, bodyOf, type Schemas } from "@/lib/api/client";

export type Model = Schemas["ModelRead"];

const PAGE = 100;

/** The models of the project's providers, with limits and prices; those of a key that is missing are not there. */
export function useModels() {
  return useQuery({
    queryKey: ["models"],
    queryFn: async () => {
      const models: Model[] = [];
      let cursor: string | null = null;
      do {
        const page: Schemas["Page_ModelRead_"] = bodyOf(
          await api.GET("/api/v1/models", {
            params: { query: { limit: PAGE, ...(cursor === null ? {} : { cursor }) } },
          }),
        );
        models.push(...page.data);
        cursor = page.next_cursor;
      } while (cursor !== null);
      return models;
    },
    staleTime: 5 * 60_000,
  });
}

const FOUND = 20;

/** Models of every kind whose name has this text, those without a configured provider too. */
export function useModelSearch(text: string) {
  return useQuery({
    queryKey: ["models", "search", text],
    queryFn: async () =>
      bodyOf(
        await api.GET("/api/v1/models", {
          params: { query: { all: true, q: text, limit: FOUND } },
        }),
      ).data,
    enabled: text !== "",
    staleTime: 5 * 60_000,
  });
}

export type Provider = Schemas["ProviderRead"];
export const PROVIDERS_KEY = ["providers"] as const;

/** The providers of the project, newest first. */
export function useProviders() {
  return useQuery({
    queryKey: PROVIDERS_KEY,
    queryFn: async () => {
      const providers: Provider[] = [];
      let cursor: string | null = null;
      do {
        const page: Schemas["Page_ProviderRead_"] = bodyOf(
          await api.GET("/api/v1/providers", {
            params: { query: { limit: PAGE, ...(cursor === null ? {} : { cursor }) } },
          }),
        );
        providers.push(...page.data);
        cursor = page.next_cursor;
      } while (cursor !== null);
      return providers;
    },
  });
}
