import { useSyncExternalStore } from "react";

/**
 * The address of the page. A prompt's page is served by one file for every prompt, so that its
 * path is read from the window; moving between prompts changes the address without a request.
 */
const listeners = new Set<() => void>();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  window.addEventListener("popstate", listener);
  return () => {
    listeners.delete(listener);
    window.removeEventListener("popstate", listener);
  };
}

function current(): string {
  return window.location.pathname + window.location.search;
}

/** Path and query of the page; the empty text while the page is exported. */
export function useAddress(): string {
  return useSyncExternalStore(subscribe, current, () => "");
}

/** The query of the page. */
export function useQueryParams(): URLSearchParams {
  const address = useAddress();
  return new URLSearchParams(address.includes("?") ? address.slice(address.indexOf("?")) : "");
}

function change(address: string, how: "pushState" | "replaceState"): void {
  window.history[how](null, "", address);
  for (const listener of listeners) listener();
}

/** Goes to an address under /prompts. */
export function goTo(address: string): void {
  change(address, "pushState");
}

/** Changes the address of this page, as filters do, without a step in the history. */
export function replaceAddress(address: string): void {
  change(address, "replaceState");
}

/** The address of a prompt's editor. */
export function promptAddress(alias: string, query: Record<string, string> = {}): string {
  const search = new URLSearchParams(query).toString();
  return `/prompts/${encodeURIComponent(alias)}${search === "" ? "" : `?${search}`}`;
}
