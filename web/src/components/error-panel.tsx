"use client";

import { TriangleAlert } from "lucide-react";

import { asApiError } from "@/lib/api/api-error";
import { useErrorSentence } from "@/lib/i18n/error-words";
import { useWords } from "@/lib/i18n/words";

import { Button } from "./ui/button";

type Props = {
  error: unknown;
  /** Nobody is signed in yet: a refusal is not about a role. */
  isSigningIn?: boolean;
  onRetry?: () => void;
};

/** What went wrong where it happened, and the way on. */
export function ErrorPanel({ error, isSigningIn = false, onRetry }: Props) {
  const words = useWords("common");
  const sentence = useErrorSentence(isSigningIn)(error);
  const { requestId } = asApiError(error);
  return (
    <div
      role="alert"
      className="flex items-start gap-3 rounded-md border border-danger/40 bg-danger-soft p-3 text-sm"
    >
      <TriangleAlert
        className="mt-0.5 size-4 shrink-0 text-danger dark:text-variable-6"
        aria-hidden
      />
      <div className="min-w-0 flex-1">
        <p className="break-words">{sentence}</p>
        {requestId === null ? null : (
          <p className="text-xs text-muted">{words("requestId", { id: requestId })}</p>
        )}
      </div>
      {onRetry === undefined ? null : (
        <Button size="sm" onClick={onRetry}>
          {words("retry")}
        </Button>
      )}
    </div>
  );
}
