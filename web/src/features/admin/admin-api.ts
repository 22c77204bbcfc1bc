import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { useSession } from "@/features/access/api";
import { api, bodyOf, type Schemas } from "@/lib/api/client";

export type Person = Schemas["UserRead"];
export type PartHealth = Schemas["PartRead"];

const USERS_KEY = ["users"] as const;
const HEALTH_EVERY_MS = 10_000;

/** Whether the person runs this installation. */
export function useIsAdministrator(): boolean {
  return useSession().data?.user.is_instance_admin ?? false;
}

/** Everybody who may sign in, newest first. */
export function useUsers(isWanted: boolean) {
  return useInfiniteQuery({
    queryKey: USERS_KEY,
    queryFn: async ({ pageParam }) =>
      bodyOf(
        await api.GET("/api/v1/users", {
          params: { query: { limit: 100, ...(pageParam === null ? {} : { cursor: pageParam }) } },
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    enabled: isWanted,
  });
}

function useFreshUsers() {
  const client = useQueryClient();
  return () => client.invalidateQueries({ queryKey: USERS_KEY });
}

/** Makes a person; the link that sets their password is in the answer and nowhere else. */
export function useCreateUser() {
  const refresh = useFreshUsers();
  return useMutation({
    mutationFn: async (body: Schemas["UserCreate"]) =>
      bodyOf(await api.POST("/api/v1/users", { body })),
    onSuccess: refresh,
  });
}

export function useUpdateUser() {
  const refresh = useFreshUsers();
  return useMutation({
    mutationFn: async ({ id, body }: { id: string; body: Schemas["UserUpdate"] }) =>
      bodyOf(await api.PATCH("/api/v1/users/{user}", { params: { path: { user: id } }, body })),
    onSettled: refresh,
  });
}

/** Makes the link that resets a person's password. */
export function useResetLink() {
  return useMutation({
    mutationFn: async (id: string) =>
      bodyOf(await api.POST("/api/v1/users/{user}/reset", { params: { path: { user: id } } })),
  });
}

/** Makes a project with its first owner. */
export function useCreateProject() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (body: Schemas["ProjectCreate"]) =>
      bodyOf(await api.POST("/api/v1/projects", { body })),
    onSuccess: async () => {
      await Promise.all([
        client.invalidateQueries({ queryKey: PROJECTS_KEY }),
        client.invalidateQueries({ queryKey: ["session"] }),
      ]);
    },
  });
}

/** How each part of the installation is, asked again every ten seconds. */
export function useParts(isWanted: boolean) {
  return useQuery({
    queryKey: ["health", "parts"],
    queryFn: async () => bodyOf(await api.GET("/api/v1/health/parts")),
    enabled: isWanted,
    refetchInterval: HEALTH_EVERY_MS,
  });
}

export type InstanceProject = Schemas["InstanceProject"];
const PROJECTS_KEY = ["instance", "projects"] as const;

/** Every project of the installation, newest first, archived ones too. */
export function useInstanceProjects(isWanted: boolean) {
  return useInfiniteQuery({
    queryKey: PROJECTS_KEY,
    queryFn: async ({ pageParam }) =>
      bodyOf(
        await api.GET("/api/v1/instance/projects", {
          params: { query: { limit: 100, ...(pageParam === null ? {} : { cursor: pageParam }) } },
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    enabled: isWanted,
  });
}

/** Renames a project, archives it, or takes it out of the archive. */
export function useUpdateProject() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async ({ id, body }: { id: string; body: Schemas["InstanceProjectUpdate"] }) =>
      bodyOf(
        await api.PATCH("/api/v1/instance/projects/{project}", {
          params: { path: { project: id } },
          body,
        }),
      ),
    onSettled: async () => {
      await Promise.all([
        client.invalidateQueries({ queryKey: PROJECTS_KEY }),
        client.invalidateQueries({ queryKey: ["session"] }),
      ]);
    },
  });
}

/** The release that runs, and each of its settings with where it comes from; secrets are masked. */
export function useInstanceSettings(isWanted: boolean) {
  return useQuery({
    queryKey: ["instance", "settings"],
    queryFn: async () => bodyOf(await api.GET("/api/v1/instance/settings")),
    enabled: isWanted,
  });
}
