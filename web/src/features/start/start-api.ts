import { useQuery } from "@tanstack/react-query";

import { api, bodyOf } from "@/lib/api/client";

/** Whether any run of the project was asked for by a program. */
export function useWasCalled(isWanted: boolean) {
  return useQuery({
    queryKey: ["runs", "called-once"],
    queryFn: async () => {
      const page = bodyOf(
        await api.GET("/api/v1/runs", { params: { query: { source: ["api"], limit: 1 } } }),
      );
      return page.data.length > 0;
    },
    enabled: isWanted,
    staleTime: 60_000,
  });
}
