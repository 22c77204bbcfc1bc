"use client";

import { type FormEvent, useState } from "react";

import { CopyButton } from "@/components/copy-button";
import { ErrorPanel } from "@/components/error-panel";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Field } from "@/components/ui/field";
import { Input, NativeSelect } from "@/components/ui/input";
import { asApiError } from "@/lib/api/api-error";
import { useWords } from "@/lib/i18n/words";

import { type Role, ROLES, useInvite } from "./members-api";

/** Invites a person by a link, which is shown once and mailed where mail is set up. */
export function InviteDialog({ onClose }: { onClose: () => void }) {
  const words = useWords("people.members");
  const people = useWords("people");
  const common = useWords("common");
  const [email, setEmail] = useState("");
  const [role, setRole] = useState<Role>("editor");
  const invite = useInvite();
  const error = invite.error === null ? null : asApiError(invite.error);

  function submit(event: FormEvent) {
    event.preventDefault();
    invite.mutate({ email: email.trim(), role });
  }

  if (invite.data !== undefined) {
    return (
      <Dialog
        open
        onOpenChange={onClose}
        title={words("linkTitle", { email: invite.data.invitation.email })}
        description={invite.data.mailed ? words("mailed") : words("notMailed")}
        footer={<Button onClick={onClose}>{common("close")}</Button>}
      >
        <div className="flex items-center gap-2">
          <Input
            readOnly
            aria-label={words("link")}
            value={invite.data.url}
            className="font-mono"
          />
          <CopyButton text={invite.data.url} label={common("copy")} />
        </div>
      </Dialog>
    );
  }
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={words("invite")}
      description={words("inviteHint")}
      footer={
        <>
          <Button onClick={onClose}>{common("cancel")}</Button>
          <Button variant="primary" type="submit" form="invite" disabled={invite.isPending}>
            {words("makeLink")}
          </Button>
        </>
      }
    >
      <form id="invite" className="flex flex-col gap-4" onSubmit={submit}>
        <Field label={people("email")} error={error?.at("#/email")}>
          {(control) => (
            <Input
              {...control}
              type="email"
              required
              autoComplete="off"
              value={email}
              onChange={(event) => {
                setEmail(event.target.value);
              }}
            />
          )}
        </Field>
        <Field label={words("role")} hint={words(`may.${role}`)}>
          {(control) => (
            <NativeSelect
              {...control}
              value={role}
              onChange={(event) => {
                setRole(ROLES.find((one) => one === event.target.value) ?? "viewer");
              }}
            >
              {ROLES.map((one) => (
                <option key={one} value={one}>
                  {common(`roles.${one}`)}
                </option>
              ))}
            </NativeSelect>
          )}
        </Field>
        {error !== null && error.fields.length === 0 ? <ErrorPanel error={error} /> : null}
      </form>
    </Dialog>
  );
}
