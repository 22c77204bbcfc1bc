import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { api, bodyOf, identity, type Schemas } from "@/lib/api/client";
import { forgetLocalText, readStored, writeStored } from "@/lib/storage";

export type Session = Schemas["SessionRead"];
export type MemberProject = Session["projects"][number];
export type Operation = MemberProject["may"][number];

const PROJECT = "promptops-project";
export const SESSION_KEY = ["session"] as const;

function chosenProject(session: Session): string | null {
  const wanted = new URLSearchParams(window.location.search).get("project") ?? readStored(PROJECT);
  const known = session.projects.find((project) => project.slug === wanted);
  return (known ?? session.projects[0])?.slug ?? null;
}

/** Keeps a session's token and project for every request. */
export function adoptSession(session: Session): void {
  identity.csrfToken = session.csrf_token;
  identity.project = chosenProject(session);
}

/** Who is signed in, kept for every request. Fails with status 401 where nobody is. */
export async function fetchSession(): Promise<Session> {
  const session = bodyOf(await api.GET("/api/v1/session"));
  adoptSession(session);
  return session;
}

/** Who is signed in. Fails with status 401 where nobody is. */
export function useSession() {
  return useQuery({
    queryKey: SESSION_KEY,
    queryFn: fetchSession,
    staleTime: 60_000,
  });
}

/** The project that the page shows, and the role of the person there; null for a person without one. */
export function useProject(): MemberProject | null {
  const { data } = useSession();
  return data?.projects.find((project) => project.slug === identity.project) ?? null;
}

/** Shows another project: everything that was loaded is of the one before. */
export function chooseProject(slug: string): void {
  writeStored(PROJECT, slug);
  window.location.assign("/prompts");
}

/** Signs out here, or everywhere. */
export function useSignOut() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (everywhere: boolean) => {
      await api.POST("/api/v1/session/end", { body: { everywhere } });
    },
    onSuccess: () => {
      client.clear();
      forgetLocalText();
      window.location.assign("/sign-in");
    },
  });
}

/** Whether the person may do this in the project that is shown; the server has the last word. */
export function useMay(operation: Operation): boolean {
  const project = useProject();
  return (
    (project as unknown as { may?: string[] } | null)?.may?.includes(operation) ?? project !== null
  );
}
