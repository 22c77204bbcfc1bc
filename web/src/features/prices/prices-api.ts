import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";

import { api, bodyOf, type Schemas } from "@/lib/api/client";

export type Price = Schemas["PriceRead"];
export type Rates = Schemas["Prices"];

const PRICES_KEY = ["prices"] as const;

/** The project's own prices, the newest written first. */
export function usePrices() {
  return useInfiniteQuery({
    queryKey: PRICES_KEY,
    queryFn: async ({ pageParam }) =>
      bodyOf(
        await api.GET("/api/v1/prices", {
          params: {
            query: { limit: 100, ...(pageParam === null ? {} : { cursor: pageParam }) },
          },
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });
}

function useFreshPrices() {
  const client = useQueryClient();
  return async () => {
    // The list of models tells what each costs now.
    await Promise.all([
      client.invalidateQueries({ queryKey: PRICES_KEY }),
      client.invalidateQueries({ queryKey: ["models"] }),
    ]);
  };
}

/** Says what a model costs from a moment on; what was said for that moment is replaced. */
export function usePutPrice() {
  const refresh = useFreshPrices();
  return useMutation({
    mutationFn: async (body: Schemas["PriceWrite"]) =>
      bodyOf(await api.PUT("/api/v1/prices", { body })),
    onSuccess: refresh,
  });
}

export function useDeletePrice() {
  const refresh = useFreshPrices();
  return useMutation({
    mutationFn: async (id: string) => {
      await api.DELETE("/api/v1/prices/{price_id}", { params: { path: { price_id: id } } });
    },
    onSettled: refresh,
  });
}
