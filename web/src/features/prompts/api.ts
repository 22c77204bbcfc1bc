import {
  keepPreviousData,
  useInfiniteQuery,
  useMutation,
  useQuery,
  useQueryClient,
} from "@tanstack/react-query";

import { ApiError } from "@/lib/api/api-error";
import { api, bodyOf, type Schemas } from "@/lib/api/client";

export type Prompt = Schemas["PromptRead"];
export type Draft = Schemas["DraftRead"];
export type Version = Schemas["VersionRead"];
export type ContentInput = Schemas["Content"];

/** What a list of prompts is narrowed to; it stands in the address. */
export type PromptFilter = {
  q: string;
  inText: boolean;
  tags: string[];
  folder: string | null;
  archived: boolean;
};

export const PROMPTS_KEY = ["prompts"] as const;
const PAGE = 50;

/** The prompts of the project, page by page. */
export function usePrompts(filter: PromptFilter) {
  return useInfiniteQuery({
    queryKey: [...PROMPTS_KEY, "list", filter],
    queryFn: async ({ pageParam }) =>
      bodyOf(
        await api.GET("/api/v1/prompts", {
          params: {
            query: {
              limit: PAGE,
              archived: filter.archived,
              ...(filter.q === "" ? {} : { q: filter.q }),
              ...(filter.q !== "" && filter.inText ? { in: "text" as const } : {}),
              ...(filter.folder === null ? {} : { folder: filter.folder }),
              ...(filter.tags.length === 0 ? {} : { tag: filter.tags }),
              ...(pageParam === null ? {} : { cursor: pageParam }),
            },
          },
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    placeholderData: keepPreviousData,
  });
}

const MOST_SNIPPETS = 100;

/** The aliases of the prompts that another one can include: published ones of one text. */
export function useSnippetAliases(): string[] {
  const { data } = useQuery({
    queryKey: [...PROMPTS_KEY, "snippets"],
    queryFn: async () =>
      bodyOf(
        await api.GET("/api/v1/prompts", { params: { query: { limit: MOST_SNIPPETS } } }),
      ).data.filter(({ kind, latest_version: latest }) => kind === "text" && latest !== null),
    staleTime: 60_000,
    select: (prompts) => prompts.map(({ alias }) => alias),
  });
  return data ?? NO_ALIASES;
}

const NO_ALIASES: string[] = [];

/** The folders that hold prompts, with how many. */
export function useFolders() {
  return useQuery({
    queryKey: [...PROMPTS_KEY, "folders"],
    queryFn: async () => bodyOf(await api.GET("/api/v1/prompts/folders")).data,
  });
}

/** Makes a prompt; its content, where given, is the draft. */
export function useCreatePrompt() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (body: Schemas["PromptCreate"]) =>
      bodyOf(await api.POST("/api/v1/prompts", { body })),
    onSuccess: () => client.invalidateQueries({ queryKey: PROMPTS_KEY }),
  });
}

/** Takes a prompt into the archive, or out of it. */
export function useArchivePrompt() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async ({ prompt, isArchived }: { prompt: string; isArchived: boolean }) => {
      const params = { params: { path: { prompt } } };
      if (isArchived) await api.POST("/api/v1/prompts/{prompt}/archive", params);
      else await api.POST("/api/v1/prompts/{prompt}/unarchive", params);
    },
    onSuccess: () => client.invalidateQueries({ queryKey: PROMPTS_KEY }),
  });
}

/** Changes the name, the alias, the description or the tags of a prompt. */
export function useUpdatePrompt() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async ({ prompt, body }: { prompt: string; body: Schemas["PromptUpdate"] }) =>
      bodyOf(await api.PATCH("/api/v1/prompts/{prompt}", { params: { path: { prompt } }, body })),
    onSuccess: () => client.invalidateQueries({ queryKey: PROMPTS_KEY }),
  });
}

/** Makes a prompt of the newest content of another one. */
export function useDuplicatePrompt() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async ({ prompt, body }: { prompt: string; body: Schemas["PromptDuplicate"] }) =>
      bodyOf(
        await api.POST("/api/v1/prompts/{prompt}/duplicate", {
          params: { path: { prompt } },
          body,
        }),
      ),
    onSuccess: () => client.invalidateQueries({ queryKey: PROMPTS_KEY }),
  });
}

/** One prompt, by alias or id. */
export async function fetchPrompt(ref: string): Promise<Prompt> {
  return bodyOf(await api.GET("/api/v1/prompts/{prompt}", { params: { path: { prompt: ref } } }));
}

/** One prompt, by alias or id. */
export function usePrompt(ref: string) {
  return useQuery({ queryKey: [...PROMPTS_KEY, "one", ref], queryFn: () => fetchPrompt(ref) });
}

/** The person's draft of a prompt, or null where there is none. */
export async function fetchDraft(prompt: string): Promise<Draft | null> {
  try {
    return bodyOf(
      await api.GET("/api/v1/prompts/{prompt}/draft", { params: { path: { prompt } } }),
    );
  } catch (error) {
    if (error instanceof ApiError && error.code === "draft_not_found") return null;
    throw error;
  }
}

/**
 * Saves the draft over the edit that was read (null: there was none). `baseVersion` says from which
 * version it comes, where that has changed. Fails with `edit_conflict` where somebody was faster.
 */
export async function saveDraft(
  prompt: string,
  content: ContentInput,
  edit: number | null,
  baseVersion?: string,
): Promise<Draft> {
  return bodyOf(
    await api.PUT("/api/v1/prompts/{prompt}/draft", {
      params: {
        path: { prompt },
        ...(baseVersion === undefined ? {} : { query: { base_version: baseVersion } }),
        ...(edit === null ? {} : { header: { "If-Match": `"${edit}"` } }),
      },
      body: content,
    }),
  );
}

/** Throws the draft away: the newest version is shown again. */
export async function discardDraft(prompt: string): Promise<void> {
  await api.DELETE("/api/v1/prompts/{prompt}/draft", { params: { path: { prompt } } });
}

/** One version by its number. */
export async function fetchVersion(prompt: string, version: string): Promise<Version> {
  return bodyOf(
    await api.GET("/api/v1/prompts/{prompt}/versions/{version}", {
      params: { path: { prompt, version } },
    }),
  );
}

/** The versions of a prompt, newest first. */
export function useVersions(prompt: string) {
  return useInfiniteQuery({
    queryKey: [...PROMPTS_KEY, "versions", prompt],
    queryFn: async ({ pageParam }) =>
      bodyOf(
        await api.GET("/api/v1/prompts/{prompt}/versions", {
          params: {
            path: { prompt },
            query: { limit: 50, ...(pageParam === null ? {} : { cursor: pageParam }) },
          },
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });
}

/** The content of a version, or of the person's draft (`draft`). */
export async function fetchState(prompt: string, state: string): Promise<Version["content"]> {
  if (state !== "draft") return (await fetchVersion(prompt, state)).content;
  return bodyOf(await api.GET("/api/v1/prompts/{prompt}/draft", { params: { path: { prompt } } }))
    .content;
}

/** Which number publishing the draft would give, and why. */
export async function fetchBump(prompt: string) {
  return bodyOf(
    await api.GET("/api/v1/prompts/{prompt}/draft/bump", { params: { path: { prompt } } }),
  );
}

/** Makes a version of the draft. */
export function usePublish(prompt: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (body: Schemas["VersionCreate"]) =>
      bodyOf(
        await api.POST("/api/v1/prompts/{prompt}/versions", { params: { path: { prompt } }, body }),
      ),
    onSuccess: () => client.invalidateQueries({ queryKey: PROMPTS_KEY }),
  });
}

/** Marks a version as one that should not be used any more, or takes the mark away; it goes on serving. */
export function useDeprecate(prompt: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async ({ version, isDeprecated }: { version: string; isDeprecated: boolean }) => {
      const params = { params: { path: { prompt, version } } };
      if (isDeprecated)
        await api.POST("/api/v1/prompts/{prompt}/versions/{version}/deprecate", params);
      else await api.POST("/api/v1/prompts/{prompt}/versions/{version}/restore", params);
    },
    onSuccess: () => client.invalidateQueries({ queryKey: PROMPTS_KEY }),
  });
}

/** Templates as the server renders them with these values; `messages` is null where some are missing. */
export async function renderTemplates(
  messages: NonNullable<Schemas["TemplateRender"]["messages"]>,
  variables: Record<string, unknown>,
) {
  const rendered = bodyOf(await api.POST("/api/v1/render", { body: { messages, variables } }));
  return { ...rendered, messages: rendered.messages as { role: string; content: string }[] | null };
}
