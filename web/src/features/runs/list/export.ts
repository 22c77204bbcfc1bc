import { ApiError } from "@/lib/api/api-error";
import { failureOf, identityHeaders } from "@/lib/api/client";

import { queryOf, type RunFilter } from "./filter";

/** Saves the runs under a filter as a CSV file. Throws ApiError. */
export async function saveRuns(filter: RunFilter): Promise<void> {
  const response = await fetch(`/api/v1/runs/export?${queryOf(filter).toString()}`, {
    headers: identityHeaders("GET"),
  }).catch(() => {
    throw ApiError.unreachable();
  });
  if (!response.ok) throw await failureOf(response);
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await response.blob());
  link.download = "runs.csv";
  link.click();
  URL.revokeObjectURL(link.href);
}
