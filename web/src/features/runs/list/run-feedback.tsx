"use client";

import { ThumbsDown, ThumbsUp, X } from "lucide-react";
import { useState } from "react";
import { useFormatter } from "use-intl";

import { Button } from "@/components/ui/button";
import { Input } from "@/components/ui/input";
import { useMay } from "@/features/access/api";
import { useErrorSentence } from "@/lib/i18n/error-words";
import { useWords } from "@/lib/i18n/words";
import { useToasts } from "@/lib/toasts";

import { useFeedback, useSayFeedback, useWithdrawFeedback } from "../list-api";

/** What people and callers said about a run, and what one says oneself. */
export function RunFeedbackPanel({ run }: { run: string }) {
  const words = useWords("runs.feedback");
  const format = useFormatter();
  const said = useFeedback(run);
  const say = useSayFeedback(run);
  const withdraw = useWithdrawFeedback(run);
  const maySay = useMay("runs.run");
  const show = useToasts((state) => state.show);
  const sentence = useErrorSentence();
  const [comment, setComment] = useState("");
  const onError = (error: unknown) => {
    show(sentence(error), "danger");
  };
  const own = (rating: "up" | "down") =>
    said.data?.find((one) => one.is_own && one.rating === rating);

  function rate(rating: "up" | "down") {
    const mine = own(rating);
    if (mine === undefined) say.mutate({ rating }, { onError });
    else withdraw.mutate(mine.id, { onError });
  }

  return (
    <section aria-label={words("title")} className="flex flex-col gap-2">
      <h3 className="text-sm font-semibold">{words("title")}</h3>
      {maySay ? (
        <form
          className="flex flex-wrap items-center gap-2"
          onSubmit={(event) => {
            event.preventDefault();
            if (comment.trim() === "") return;
            say.mutate(
              { comment: comment.trim() },
              {
                onSuccess: () => {
                  setComment("");
                },
                onError,
              },
            );
          }}
        >
          {(["up", "down"] as const).map((rating) => (
            <Button
              key={rating}
              size="icon"
              aria-label={words(rating)}
              aria-pressed={own(rating) !== undefined}
              className="aria-pressed:bg-accent-soft aria-pressed:text-accent-text"
              onClick={() => {
                rate(rating);
              }}
            >
              {rating === "up" ? <ThumbsUp /> : <ThumbsDown />}
            </Button>
          ))}
          <Input
            className="min-w-40 flex-1"
            aria-label={words("comment")}
            placeholder={words("commentHint")}
            maxLength={4000}
            value={comment}
            onChange={(event) => {
              setComment(event.target.value);
            }}
          />
          <Button type="submit" disabled={comment.trim() === "" || say.isPending}>
            {words("send")}
          </Button>
        </form>
      ) : null}
      {said.data?.length === 0 ? <p className="text-sm text-muted">{words("none")}</p> : null}
      <ul className="flex flex-col gap-1 text-sm">
        {said.data?.map((one) => (
          <li key={one.id} className="flex items-start gap-2">
            {one.rating === null ? null : one.rating === "up" ? (
              <ThumbsUp className="mt-0.5 size-4 shrink-0" aria-label={words("up")} />
            ) : (
              <ThumbsDown className="mt-0.5 size-4 shrink-0" aria-label={words("down")} />
            )}
            <span className="min-w-0 flex-1 break-words">
              {one.score === null ? null : (
                <span className="font-medium tabular-nums">{format.number(one.score)} </span>
              )}
              {one.comment}
              <span className="block text-xs text-muted">
                {one.author_name ?? words("aKey")} ·{" "}
                {format.dateTime(new Date(one.created_at), {
                  dateStyle: "medium",
                  timeStyle: "short",
                })}
              </span>
            </span>
            {one.is_own ? (
              <Button
                size="icon-sm"
                variant="ghost"
                aria-label={words("withdraw")}
                onClick={() => {
                  withdraw.mutate(one.id, { onError });
                }}
              >
                <X />
              </Button>
            ) : null}
          </li>
        ))}
      </ul>
    </section>
  );
}
