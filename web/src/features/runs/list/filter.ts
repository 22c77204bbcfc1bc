/** What the table of runs is narrowed to; an empty text asks for nothing. */
export type RunFilter = {
  status: string;
  prompt: string;
  environment: string;
  source: string;
  model: string;
  code: string;
  rating: string;
};

const NAMES = ["status", "prompt", "environment", "source", "model", "code", "rating"] as const;

/** The filter in an address' query. */
export function filterOf(query: URLSearchParams): RunFilter {
  const read = (name: (typeof NAMES)[number]) => query.get(name) ?? "";
  return {
    status: read("status"),
    prompt: read("prompt"),
    environment: read("environment"),
    source: read("source"),
    model: read("model"),
    code: read("code"),
    rating: read("rating"),
  };
}

/** The query of a filter as the page and the API have it. */
export function queryOf(filter: RunFilter): URLSearchParams {
  const query = new URLSearchParams();
  for (const name of NAMES) if (filter[name] !== "") query.set(name, filter[name]);
  return query;
}

/** The address of the table under this filter, with this run open where one is. */
export function addressOf(filter: RunFilter, run: string | null = null): string {
  const query = queryOf(filter);
  if (run !== null) query.set("run", run);
  const text = query.toString();
  return text === "" ? "/runs" : `/runs?${text}`;
}

/** Whether a filter hides anything. */
export function isNarrowed(filter: RunFilter): boolean {
  return NAMES.some((name) => filter[name] !== "");
}
