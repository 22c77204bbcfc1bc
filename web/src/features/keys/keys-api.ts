import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { api, bodyOf, type Schemas } from "@/lib/api/client";

export type ApiKey = Schemas["ApiKeyRead"];
export type KeyCreated = Schemas["ApiKeyCreated"];
export type Scope = Schemas["Scope"];

/** From the least to the most that a key may do. */
export const SCOPES: readonly Scope[] = ["run", "read", "author", "admin"];

const KEYS_KEY = ["keys"] as const;
const PAGE = 100;

/** The API keys of the project, newest first, those that were revoked too. */
export function useKeys(isWanted: boolean) {
  return useQuery({
    queryKey: KEYS_KEY,
    queryFn: async () => {
      const keys: ApiKey[] = [];
      let cursor: string | null = null;
      do {
        const page: Schemas["Page_ApiKeyRead_"] = bodyOf(
          await api.GET("/api/v1/keys", {
            params: { query: { limit: PAGE, ...(cursor === null ? {} : { cursor }) } },
          }),
        );
        keys.push(...page.data);
        cursor = page.next_cursor;
      } while (cursor !== null);
      return keys;
    },
    enabled: isWanted,
    // When a key was used last is told to a minute.
    refetchInterval: 30_000,
  });
}

function useFreshKeys() {
  const client = useQueryClient();
  return () => client.invalidateQueries({ queryKey: KEYS_KEY });
}

/** Makes a key; its text is in the answer and nowhere else. */
export function useCreateKey() {
  const refresh = useFreshKeys();
  return useMutation({
    mutationFn: async (body: Schemas["ApiKeyCreate"]) =>
      bodyOf(await api.POST("/api/v1/keys", { body })),
    onSuccess: refresh,
  });
}

export function useUpdateKey() {
  const refresh = useFreshKeys();
  return useMutation({
    mutationFn: async ({ id, body }: { id: string; body: Schemas["ApiKeyUpdate"] }) =>
      bodyOf(await api.PATCH("/api/v1/keys/{key_id}", { params: { path: { key_id: id } }, body })),
    onSuccess: refresh,
  });
}

/** Gives a key a new text; the one before stays valid for so many seconds. */
export function useRotateKey() {
  const refresh = useFreshKeys();
  return useMutation({
    mutationFn: async ({ id, overlapS }: { id: string; overlapS: number }) =>
      bodyOf(
        await api.POST("/api/v1/keys/{key_id}/rotate", {
          params: { path: { key_id: id } },
          body: { overlap_s: overlapS },
        }),
      ),
    onSuccess: refresh,
  });
}

export function useRevokeKey() {
  const refresh = useFreshKeys();
  return useMutation({
    mutationFn: async (id: string) => {
      await api.DELETE("/api/v1/keys/{key_id}", { params: { path: { key_id: id } } });
    },
    onSettled: refresh,
  });
}
