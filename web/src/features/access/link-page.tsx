"use client";

import { type FormEvent, useEffect, useState } from "react";
import { useFormatter } from "use-intl";

import { ErrorPanel } from "@/components/error-panel";
import { Button } from "@/components/ui/button";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { asApiError } from "@/lib/api/api-error";
import type { Schemas } from "@/lib/api/client";
import { useWords } from "@/lib/i18n/words";

import { fetchSession } from "./api";
import { FrontPage } from "./front-page";
import { useAcceptLink, useLink } from "./signing-in";

type Link = Schemas["LinkRead"];

/**
 * The page behind a link. Its token stands in the fragment, which no server sees, and is taken out
 * of the address at once; opening the page spends nothing.
 */
export function LinkPage() {
  const words = useWords("people");
  const [token] = useState(() => window.location.hash.slice(1));
  const link = useLink(token);

  useEffect(() => {
    window.history.replaceState(window.history.state, "", window.location.pathname);
    document.title = "PromptOps";
  }, []);

  if (token === "" || (link.error !== null && asApiError(link.error).status === 410)) {
    return (
      <FrontPage title={words("spentTitle")}>
        <p className="text-sm">{words("spent")}</p>
        <Button asChild className="mt-4">
          <a href="/sign-in">{words("signIn")}</a>
        </Button>
      </FrontPage>
    );
  }
  if (link.error !== null) {
    return (
      <FrontPage title="PromptOps">
        <ErrorPanel error={link.error} isSigningIn onRetry={() => void link.refetch()} />
      </FrontPage>
    );
  }
  if (link.data === undefined) return null;
  return <AcceptForm token={token} link={link.data} />;
}

function AcceptForm({ token, link }: { token: string; link: Link }) {
  const words = useWords("people");
  const roles = useWords("common.roles");
  const format = useFormatter();
  const [name, setName] = useState(link.user_name ?? "");
  const [email, setEmail] = useState(link.email ?? "");
  const [password, setPassword] = useState("");
  const accept = useAcceptLink();
  const error = accept.error === null ? null : asApiError(accept.error);
  const isSignIn = link.kind === "sign_in";
  const isNew = link.kind === "invitation" && link.user_name === null;
  const isJoining = link.kind === "invitation" && !isNew;
  const asksPassword = link.needs_password || isSignIn;

  async function submit(event: FormEvent) {
    event.preventDefault();
    // Who is signed in already joins by that session, whose token has to be known.
    if (isJoining && !link.needs_password) await fetchSession();
    accept.mutate(
      {
        token,
        ...(password === "" ? {} : { password }),
        ...(isNew ? { name: name.trim() } : {}),
        ...(isSignIn && link.email === null && email.trim() !== "" ? { email: email.trim() } : {}),
      },
      {
        onSuccess: () => {
          window.location.assign("/prompts");
        },
      },
    );
  }

  return (
    <FrontPage title={words(`kinds.${link.kind}.title`)}>
      <p className="mb-4 text-sm">
        {words(isNew && link.project_name === null ? "newAccount" : `kinds.${link.kind}.text`, {
          project: link.project_name ?? "",
          role: link.role === null ? "" : roles(link.role),
          name: link.user_name ?? link.email ?? "",
        })}
      </p>
      <form className="flex flex-col gap-4" onSubmit={(event) => void submit(event)}>
        {isNew ? (
          <Field label={words("name")} error={error?.at("#/name")}>
            {(control) => (
              <Input
                {...control}
                required
                maxLength={255}
                autoComplete="name"
                value={name}
                onChange={(event) => {
                  setName(event.target.value);
                }}
              />
            )}
          </Field>
        ) : null}
        {link.email !== null || isSignIn ? (
          <Field
            label={words("email")}
            hint={isSignIn ? words("emailLater") : undefined}
            error={error?.at("#/email")}
          >
            {(control) => (
              <Input
                {...control}
                type="email"
                autoComplete="username"
                readOnly={link.email !== null}
                value={email}
                onChange={(event) => {
                  setEmail(event.target.value);
                }}
              />
            )}
          </Field>
        ) : null}
        {asksPassword ? (
          <Field
            label={isJoining ? words("password") : words("newPassword")}
            hint={isSignIn ? words("passwordLater") : isJoining ? undefined : words("passwordRule")}
            error={error?.at("#/password")}
          >
            {(control) => (
              <Input
                {...control}
                type="password"
                autoComplete={isJoining ? "current-password" : "new-password"}
                required={!isSignIn}
                value={password}
                onChange={(event) => {
                  setPassword(event.target.value);
                }}
              />
            )}
          </Field>
        ) : null}
        {error !== null && error.fields.length === 0 ? (
          <ErrorPanel error={error} isSigningIn />
        ) : null}
        <Button type="submit" variant="primary" size="lg" disabled={accept.isPending}>
          {words(`kinds.${link.kind}.button`)}
        </Button>
        <p className="text-xs text-muted">
          {words("validUntil", {
            time: format.dateTime(new Date(link.expires_at), {
              dateStyle: "medium",
              timeStyle: "short",
            }),
          })}
        </p>
      </form>
    </FrontPage>
  );
}
