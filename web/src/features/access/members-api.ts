import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { api, bodyOf, type Schemas } from "@/lib/api/client";

export type Member = Schemas["MemberRead"];
export type Role = Schemas["Role"];

/** From the least to the most that one may do. */
export const ROLES: readonly Role[] = ["viewer", "runner", "editor", "owner"];

const MEMBERS_KEY = ["members"] as const;
const INVITATIONS_KEY = ["invitations"] as const;

/** The members of the project that is shown. */
export function useMembers() {
  return useQuery({
    queryKey: MEMBERS_KEY,
    queryFn: async () => bodyOf(await api.GET("/api/v1/members")).data,
  });
}

/** The invitations that can be used still; for owners. */
export function useInvitations(isOwner: boolean) {
  return useQuery({
    queryKey: INVITATIONS_KEY,
    queryFn: async () => bodyOf(await api.GET("/api/v1/invitations")).data,
    enabled: isOwner,
  });
}

/** Makes an invitation; its link is in the answer and nowhere else. */
export function useInvite() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (body: Schemas["InvitationCreate"]) =>
      bodyOf(await api.POST("/api/v1/invitations", { body })),
    onSuccess: () => client.invalidateQueries({ queryKey: INVITATIONS_KEY }),
  });
}

export function useWithdrawInvitation() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (invitation: string) => {
      await api.DELETE("/api/v1/invitations/{invitation}", { params: { path: { invitation } } });
    },
    onSettled: () => client.invalidateQueries({ queryKey: INVITATIONS_KEY }),
  });
}

export function useChangeRole() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async ({ id, role }: { id: string; role: Role }) => {
      await api.PATCH("/api/v1/members/{user_id}", {
        params: { path: { user_id: id } },
        body: { role },
      });
    },
    onSettled: () => client.invalidateQueries({ queryKey: MEMBERS_KEY }),
  });
}

/** Takes a member out of the project; oneself, to leave it. */
export function useRemoveMember() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (id: string) => {
      await api.DELETE("/api/v1/members/{user_id}", { params: { path: { user_id: id } } });
    },
    onSettled: () => client.invalidateQueries({ queryKey: MEMBERS_KEY }),
  });
}
