"use client";

import { useEffect } from "react";

import { useWords } from "@/lib/i18n/words";

import { FrontPage } from "./front-page";
import { PasswordForm } from "./password-form";
import { safeAddress } from "./signing-in";

/** The sign-in; afterwards the page that was asked for. */
export function SignInPage() {
  const words = useWords("people");
  useEffect(() => {
    document.title = `${words("signIn")} · PromptOps`;
  }, [words]);
  return (
    <FrontPage title={words("signIn")}>
      <PasswordForm
        onSignedIn={() => {
          window.location.assign(
            safeAddress(new URLSearchParams(window.location.search).get("next")),
          );
        }}
      />
      <p className="mt-4 text-xs text-muted">{words("forgotten")}</p>
    </FrontPage>
  );
}
