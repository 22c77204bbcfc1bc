"use client";

import { UserPlus } from "lucide-react";
import { useEffect, useState } from "react";
import { useFormatter } from "use-intl";

import { ErrorPanel } from "@/components/error-panel";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { NativeSelect } from "@/components/ui/input";
import { useErrorSentence } from "@/lib/i18n/error-words";
import { useWords } from "@/lib/i18n/words";
import { useToasts } from "@/lib/toasts";

import { useMay, useProject, useSession } from "./api";
import { InviteDialog } from "./invite-dialog";
import {
  type Member,
  ROLES,
  useChangeRole,
  useInvitations,
  useMembers,
  useRemoveMember,
  useWithdrawInvitation,
} from "./members-api";

/** Who works in the project and as what; owners invite, change and remove. */
export function MembersPage() {
  const words = useWords("people.members");
  const project = useProject();
  const mayManage = useMay("members.manage");
  const members = useMembers();
  const [isInviting, setInviting] = useState(false);
  useEffect(() => {
    document.title = `${words("title")} · PromptOps`;
  }, [words]);
  return (
    <div className="mx-auto flex w-full max-w-4xl flex-col gap-6 p-4 sm:p-6">
      <header className="flex flex-wrap items-center gap-2">
        <h1 className="text-xl font-semibold">{words("title")}</h1>
        <p className="text-muted">{project?.name}</p>
        <div className="flex-1" />
        {mayManage ? (
          <Button
            variant="primary"
            onClick={() => {
              setInviting(true);
            }}
          >
            <UserPlus />
            {words("invite")}
          </Button>
        ) : null}
      </header>
      {members.error === null ? null : (
        <ErrorPanel error={members.error} onRetry={() => void members.refetch()} />
      )}
      <ul className="flex flex-col rounded-md border bg-surface">
        {members.data?.map((member) => (
          <MemberRow key={member.id} member={member} mayManage={mayManage} />
        ))}
      </ul>
      {mayManage ? <Invitations /> : null}
      <section aria-labelledby="roles" className="text-sm">
        <h2 id="roles" className="mb-2 text-lg font-semibold">
          {words("rolesTitle")}
        </h2>
        <RoleTable />
      </section>
      {isInviting ? (
        <InviteDialog
          onClose={() => {
            setInviting(false);
          }}
        />
      ) : null}
    </div>
  );
}

function MemberRow({ member, mayManage }: { member: Member; mayManage: boolean }) {
  const words = useWords("people.members");
  const common = useWords("common");
  const { data } = useSession();
  const changeRole = useChangeRole();
  const remove = useRemoveMember();
  const show = useToasts((state) => state.show);
  const sentence = useErrorSentence();
  const [isAsking, setAsking] = useState(false);
  const isOneself = data?.user.id === member.id;
  const tell = {
    onError: (error: Error) => {
      show(sentence(error), "danger");
    },
  };
  return (
    <li className="flex flex-wrap items-center gap-x-3 gap-y-1 border-b px-3 py-2 last:border-b-0">
      <div className="min-w-0 flex-1">
        <p className="font-medium">
          {member.name} {isOneself ? <Badge>{words("you")}</Badge> : null}
          {member.has_signed_in ? null : <Badge tone="warning">{words("neverSignedIn")}</Badge>}
        </p>
        <p className="truncate text-sm text-muted">{member.email}</p>
      </div>
      {mayManage ? (
        <NativeSelect
          aria-label={words("roleOf", { name: member.name })}
          className="w-auto"
          value={member.role}
          disabled={changeRole.isPending}
          onChange={(event) => {
            const role = ROLES.find((one) => one === event.target.value);
            if (role !== undefined) changeRole.mutate({ id: member.id, role }, tell);
          }}
        >
          {ROLES.map((role) => (
            <option key={role} value={role}>
              {common(`roles.${role}`)}
            </option>
          ))}
        </NativeSelect>
      ) : (
        <span className="text-sm">{common(`roles.${member.role}`)}</span>
      )}
      {mayManage || isOneself ? (
        <Button
          size="sm"
          variant="ghost"
          onClick={() => {
            setAsking(true);
          }}
        >
          {isOneself ? words("leave") : words("remove")}
        </Button>
      ) : null}
      <Dialog
        open={isAsking}
        onOpenChange={setAsking}
        title={isOneself ? words("leaveTitle") : words("removeTitle", { name: member.name })}
        description={isOneself ? words("leaveHint") : words("removeHint")}
        footer={
          <>
            <Button
              onClick={() => {
                setAsking(false);
              }}
            >
              {common("cancel")}
            </Button>
            <Button
              variant="danger"
              onClick={() => {
                setAsking(false);
                remove.mutate(member.id, {
                  ...tell,
                  onSuccess: () => {
                    if (isOneself) window.location.assign("/prompts");
                  },
                });
              }}
            >
              {isOneself ? words("leave") : words("remove")}
            </Button>
          </>
        }
      >
        <p className="text-sm text-muted">{member.email}</p>
      </Dialog>
    </li>
  );
}

function Invitations() {
  const words = useWords("people.members");
  const common = useWords("common");
  const format = useFormatter();
  const invitations = useInvitations(true);
  const withdraw = useWithdrawInvitation();
  if (invitations.data === undefined || invitations.data.length === 0) return null;
  return (
    <section aria-labelledby="invitations">
      <h2 id="invitations" className="mb-2 text-lg font-semibold">
        {words("invitations")}
      </h2>
      <ul className="flex flex-col rounded-md border bg-surface">
        {invitations.data.map((invitation) => (
          <li
            key={invitation.id}
            className="flex flex-wrap items-center gap-x-3 gap-y-1 border-b px-3 py-2 text-sm last:border-b-0"
          >
            <span className="min-w-0 flex-1 truncate">{invitation.email}</span>
            <span>{common(`roles.${invitation.role}`)}</span>
            <span className="text-muted">
              {words("validUntil", {
                time: format.dateTime(new Date(invitation.expires_at), { dateStyle: "medium" }),
              })}
            </span>
            <Button
              size="sm"
              variant="ghost"
              onClick={() => {
                withdraw.mutate(invitation.id);
              }}
            >
              {words("withdraw")}
            </Button>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** What each role may do; docs/reference/roles.md has every operation. */
function RoleTable() {
  const words = useWords("people.members");
  const common = useWords("common");
  return (
    <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1">
      {ROLES.map((role) => (
        <div key={role} className="contents">
          <dt className="font-medium">{common(`roles.${role}`)}</dt>
          <dd className="text-muted">{words(`may.${role}`)}</dd>
        </div>
      ))}
    </dl>
  );
}
