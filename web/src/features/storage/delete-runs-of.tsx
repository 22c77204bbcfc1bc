"use client";

import { type FormEvent, useState } from "react";
import { useFormatter } from "use-intl";

import { ConfirmDialog } from "@/components/confirm-dialog";
import { Button } from "@/components/ui/button";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { useWords } from "@/lib/i18n/words";
import { useToasts } from "@/lib/toasts";

import { useDeleteRunsOf } from "./storage-api";

/** Deletes what is kept of one user, as a person may ask for by law. */
export function DeleteRunsOf() {
  const words = useWords("settings.storage");
  const format = useFormatter();
  const show = useToasts((state) => state.show);
  const remove = useDeleteRunsOf();
  const [user, setUser] = useState("");
  const [isAsking, setAsking] = useState(false);

  function submit(event: FormEvent) {
    event.preventDefault();
    setAsking(true);
  }

  return (
    <section aria-labelledby="delete-runs" className="flex flex-col gap-2">
      <h2 id="delete-runs" className="text-lg font-semibold">
        {words("ofUserTitle")}
      </h2>
      <p className="text-sm text-muted">{words("ofUserHint")}</p>
      <form className="flex flex-wrap items-end gap-2" onSubmit={submit}>
        <Field label={words("user")} className="min-w-0 flex-1 basis-56 sm:max-w-sm">
          {(control) => (
            <Input
              {...control}
              required
              maxLength={255}
              className="font-mono"
              autoComplete="off"
              spellCheck={false}
              value={user}
              onChange={(event) => {
                setUser(event.target.value);
              }}
            />
          )}
        </Field>
        <Button type="submit" variant="danger" disabled={user === ""}>
          {words("deleteRuns")}
        </Button>
      </form>
      {isAsking ? (
        <ConfirmDialog
          title={words("ofUserAsk", { user })}
          description={words("ofUserAskHint")}
          action={words("deleteRuns")}
          isPending={remove.isPending}
          error={remove.error}
          onClose={() => {
            setAsking(false);
          }}
          onConfirm={async () => {
            const count = await remove.mutateAsync(user);
            show(words("ofUserDone", { user, count: format.number(count) }));
          }}
          onDone={() => {
            setAsking(false);
            setUser("");
          }}
        />
      ) : null}
    </section>
  );
}
