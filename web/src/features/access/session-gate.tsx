"use client";

import dynamic from "next/dynamic";
import { type ReactNode, useEffect } from "react";

import { ErrorPanel } from "@/components/error-panel";
import { asApiError } from "@/lib/api/api-error";

import { useSession } from "./api";
import { useExpiry } from "./session-expiry";

const SignInAgain = dynamic(async () => (await import("./sign-in-again")).SignInAgain, {
  ssr: false,
});

/** The address to come back to after the sign-in. */
function signInAddress(): string {
  const here = window.location.pathname + window.location.search;
  return here === "/prompts" ? "/sign-in" : `/sign-in?next=${encodeURIComponent(here)}`;
}

/**
 * Shows the page to who is signed in and leads everybody else to the sign-in. A session that ends
 * later leaves the page as it is and asks for the password over it.
 */
export function SessionGate({ children }: { children: ReactNode }) {
  const { data, error, refetch } = useSession();
  const isExpired = useExpiry((state) => state.isExpired);
  const isStranger = data === undefined && error !== null && asApiError(error).isSignedOut;

  useEffect(() => {
    if (isStranger) window.location.replace(signInAddress());
  }, [isStranger]);

  if (data === undefined) {
    if (error === null || isStranger) return null;
    return (
      <div className="mx-auto max-w-lg p-6">
        <ErrorPanel error={error} onRetry={() => void refetch()} />
      </div>
    );
  }
  return (
    <>
      {children}
      {isExpired ? <SignInAgain email={data.user.email} /> : null}
    </>
  );
}
