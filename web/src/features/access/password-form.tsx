"use client";

import { type FormEvent, useState } from "react";

import { ErrorPanel } from "@/components/error-panel";
import { Button } from "@/components/ui/button";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { useWords } from "@/lib/i18n/words";

import { useSignIn } from "./signing-in";

type Props = { email?: string | null; onSignedIn: () => void };

/** E-mail and password. Of a person whose session ended the e-mail is known. */
export function PasswordForm({ email: known = null, onSignedIn }: Props) {
  const words = useWords("people");
  const [email, setEmail] = useState(known ?? "");
  const [password, setPassword] = useState("");
  const signIn = useSignIn();

  function submit(event: FormEvent) {
    event.preventDefault();
    signIn.mutate({ email: email.trim(), password }, { onSuccess: onSignedIn });
  }

  return (
    <form className="flex flex-col gap-4" onSubmit={submit}>
      <Field label={words("email")}>
        {(control) => (
          <Input
            {...control}
            type="email"
            name="email"
            autoComplete="username"
            required
            readOnly={known !== null}
            value={email}
            onChange={(event) => {
              setEmail(event.target.value);
            }}
          />
        )}
      </Field>
      <Field label={words("password")}>
        {(control) => (
          <Input
            {...control}
            type="password"
            name="password"
            autoComplete="current-password"
            required
            value={password}
            onChange={(event) => {
              setPassword(event.target.value);
            }}
          />
        )}
      </Field>
      {signIn.error === null ? null : <ErrorPanel error={signIn.error} isSigningIn />}
      <Button type="submit" variant="primary" size="lg" disabled={signIn.isPending}>
        {words("signIn")}
      </Button>
    </form>
  );
}
