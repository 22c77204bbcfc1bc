import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { api, bodyOf, type Schemas } from "@/lib/api/client";

import { adoptSession, SESSION_KEY } from "./api";

/** Signs in by e-mail and password. */
export function useSignIn() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (body: Schemas["SessionCreate"]) =>
      bodyOf(await api.POST("/api/v1/session", { body })),
    onSuccess: (session) => {
      adoptSession(session);
      client.setQueryData(SESSION_KEY, session);
    },
  });
}

/** What a link is for; nothing is spent by looking. */
export function useLink(token: string) {
  return useQuery({
    queryKey: ["link", token],
    queryFn: async () => bodyOf(await api.POST("/api/v1/links/inspect", { body: { token } })),
    enabled: token !== "",
    retry: false,
    staleTime: Infinity,
  });
}

/** Spends a link, and signs in. */
export function useAcceptLink() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (body: Schemas["LinkAccept"]) =>
      bodyOf(await api.POST("/api/v1/links/accept", { body })),
    onSuccess: (session) => {
      adoptSession(session);
      client.setQueryData(SESSION_KEY, session);
    },
  });
}

/** Sets another password; every other session of the person ends. */
export function useChangePassword() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (body: Schemas["PasswordChange"]) => {
      await api.PUT("/api/v1/session/password", { body });
    },
    onSuccess: () => client.invalidateQueries({ queryKey: SESSION_KEY }),
  });
}

/** Changes the person's own name or e-mail. */
export function useChangeProfile() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (body: Schemas["ProfileUpdate"]) =>
      bodyOf(await api.PATCH("/api/v1/session/user", { body })),
    onSuccess: (session) => {
      client.setQueryData(SESSION_KEY, session);
    },
  });
}

/** Takes a notice away that was read. */
export function useDismissNotice() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (notice: string) => {
      await api.POST("/api/v1/session/notices/{notice}/dismiss", { params: { path: { notice } } });
    },
    onSuccess: () => client.invalidateQueries({ queryKey: SESSION_KEY }),
  });
}

/** An address of this application, or the list where the wanted one is of somewhere else. */
export function safeAddress(wanted: string | null): string {
  if (wanted === null || !wanted.startsWith("/") || /^\/[/\\]/.test(wanted)) return "/prompts";
  return new URL(wanted, window.location.origin).origin === window.location.origin
    ? wanted
    : "/prompts";
}
