"use client";

import { type FormEvent, useEffect, useState } from "react";

import { ErrorPanel } from "@/components/error-panel";
import { Button } from "@/components/ui/button";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { asApiError } from "@/lib/api/api-error";
import { useWords } from "@/lib/i18n/words";
import { useToasts } from "@/lib/toasts";

import { type Session, useSession, useSignOut } from "./api";
import { useChangePassword, useChangeProfile } from "./signing-in";

/** The person's own name, e-mail, password and sessions. */
export function AccountPage() {
  const words = useWords("people");
  const { data } = useSession();
  const signOut = useSignOut();
  useEffect(() => {
    document.title = `${words("account")} · PromptOps`;
  }, [words]);
  if (data === undefined) return null;
  return (
    <div className="mx-auto flex w-full max-w-xl flex-col gap-8 p-4 sm:p-6">
      <h1 className="text-xl font-semibold">{words("account")}</h1>
      <ProfileForm user={data.user} />
      <PasswordChange user={data.user} />
      <section aria-labelledby="sessions" className="flex flex-col gap-3">
        <h2 id="sessions" className="text-lg font-semibold">
          {words("sessions")}
        </h2>
        <p className="text-sm text-muted">{words("sessionsHint")}</p>
        <Button
          className="self-start"
          disabled={signOut.isPending}
          onClick={() => {
            signOut.mutate(true);
          }}
        >
          {words("signOutEverywhere")}
        </Button>
      </section>
    </div>
  );
}

function ProfileForm({ user }: { user: Session["user"] }) {
  const words = useWords("people");
  const common = useWords("common");
  const show = useToasts((state) => state.show);
  const [name, setName] = useState(user.name);
  const [email, setEmail] = useState(user.email ?? "");
  const change = useChangeProfile();
  const error = change.error === null ? null : asApiError(change.error);

  function submit(event: FormEvent) {
    event.preventDefault();
    change.mutate(
      {
        ...(name === user.name ? {} : { name: name.trim() }),
        ...(email === (user.email ?? "") ? {} : { email: email.trim() }),
      },
      {
        onSuccess: () => {
          show(words("profileSaved"));
        },
      },
    );
  }

  return (
    <form className="flex flex-col gap-4" onSubmit={submit}>
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
      <Field label={words("email")} hint={words("emailHint")} error={error?.at("#/email")}>
        {(control) => (
          <Input
            {...control}
            type="email"
            autoComplete="email"
            value={email}
            onChange={(event) => {
              setEmail(event.target.value);
            }}
          />
        )}
      </Field>
      {error !== null && error.fields.length === 0 ? <ErrorPanel error={error} /> : null}
      <Button type="submit" className="self-start" disabled={change.isPending}>
        {common("save")}
      </Button>
    </form>
  );
}

function PasswordChange({ user }: { user: Session["user"] }) {
  const words = useWords("people");
  const show = useToasts((state) => state.show);
  const [current, setCurrent] = useState("");
  const [wanted, setWanted] = useState("");
  const change = useChangePassword();
  const error = change.error === null ? null : asApiError(change.error);

  function submit(event: FormEvent) {
    event.preventDefault();
    change.mutate(
      { current_password: user.has_password ? current : null, new_password: wanted },
      {
        onSuccess: () => {
          setCurrent("");
          setWanted("");
          show(words("passwordSaved"));
        },
      },
    );
  }

  return (
    <section aria-labelledby="password">
      <h2 id="password" className="mb-3 text-lg font-semibold">
        {words("password")}
      </h2>
      {user.has_password ? null : (
        <p className="mb-3 rounded-md bg-warning-soft p-2 text-sm">{words("noPassword")}</p>
      )}
      <form className="flex flex-col gap-4" onSubmit={submit}>
        <input type="text" hidden readOnly autoComplete="username" value={user.email ?? ""} />
        {user.has_password ? (
          <Field label={words("currentPassword")} error={error?.at("#/current_password")}>
            {(control) => (
              <Input
                {...control}
                type="password"
                required
                autoComplete="current-password"
                value={current}
                onChange={(event) => {
                  setCurrent(event.target.value);
                }}
              />
            )}
          </Field>
        ) : null}
        <Field
          label={words("newPassword")}
          hint={words("passwordRule")}
          error={error?.at("#/new_password")}
        >
          {(control) => (
            <Input
              {...control}
              type="password"
              required
              minLength={12}
              maxLength={200}
              autoComplete="new-password"
              value={wanted}
              onChange={(event) => {
                setWanted(event.target.value);
              }}
            />
          )}
        </Field>
        {error !== null && error.fields.length === 0 ? <ErrorPanel error={error} /> : null}
        <Button type="submit" className="self-start" disabled={change.isPending}>
          {words("setPassword")}
        </Button>
      </form>
    </section>
  );
}
