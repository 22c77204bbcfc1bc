"use client";

import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect } from "react";

import { WordsProvider } from "@/components/words-provider";
import { Dialog } from "@/components/ui/dialog";
import { useWords } from "@/lib/i18n/words";

import { fetchSession } from "./api";
import { PasswordForm } from "./password-form";
import { useExpiry } from "./session-expiry";

const AREAS = ["common", "people"] as const;

/** Asks for the password over a page whose session has ended; the page keeps its text. */
export function SignInAgain({ email }: { email: string | null }) {
  return (
    <WordsProvider areas={AREAS}>
      <Again email={email} />
    </WordsProvider>
  );
}

function Again({ email }: { email: string | null }) {
  const words = useWords("people");
  const client = useQueryClient();
  const goOn = useCallback(() => {
    useExpiry.getState().renew();
    // What waited to be saved goes out again, as after a lost connection.
    window.dispatchEvent(new Event("online"));
    void client.invalidateQueries();
  }, [client]);

  useEffect(() => {
    // Who signed in again in another tab comes back to this one.
    const look = () => {
      void fetchSession().then(goOn, () => undefined);
    };
    window.addEventListener("focus", look);
    return () => {
      window.removeEventListener("focus", look);
    };
  }, [goOn]);

  return (
    <Dialog
      open
      persistent
      onOpenChange={() => undefined}
      title={words("endedTitle")}
      description={words("endedHint")}
    >
      <PasswordForm email={email} onSignedIn={goOn} />
      {email === null ? (
        <p className="mt-4 text-sm text-muted">{words("endedNoPassword")}</p>
      ) : null}
    </Dialog>
  );
}
