import type { PromptFilter } from "../api";

/** The filter in an address' query. */
export function filterOf(query: URLSearchParams): PromptFilter {
  return {
    q: query.get("q") ?? "",
    inText: query.get("in") === "text",
    tags: query.getAll("tag"),
    folder: query.get("folder"),
    archived: query.get("archived") === "true",
  };
}

/** The address of the list under this filter. */
export function addressOf(filter: PromptFilter): string {
  const query = new URLSearchParams();
  if (filter.q !== "") query.set("q", filter.q);
  if (filter.inText) query.set("in", "text");
  for (const tag of filter.tags) query.append("tag", tag);
  if (filter.folder !== null) query.set("folder", filter.folder);
  if (filter.archived) query.set("archived", "true");
  const text = query.toString();
  return text === "" ? "/prompts" : `/prompts?${text}`;
}

/** Whether a filter hides anything. */
export function isNarrowed(filter: PromptFilter): boolean {
  return filter.q !== "" || filter.tags.length > 0 || filter.folder !== null;
}
