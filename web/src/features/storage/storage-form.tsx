"use client";

import { zodResolver } from "@hookform/resolvers/zod";
import { useState } from "react";
import { useForm, useWatch } from "react-hook-form";

import { ConfirmDialog } from "@/components/confirm-dialog";
import { ErrorPanel } from "@/components/error-panel";
import { Button } from "@/components/ui/button";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { useLeaveWarning } from "@/hooks/use-leave-warning";
import { problemOf } from "@/lib/api/field-problems";
import { useWords } from "@/lib/i18n/words";
import { useToasts } from "@/lib/toasts";

import { type RunSettings, usePutRunSettings } from "./storage-api";
import { deletesRuns, settingsOf, storageForm, valuesOf } from "./storage-values";

const STORES = ["full", "metadata"] as const;
const CONSEQUENCES = ["look", "replay", "export"] as const;

/** What is kept of the runs that come, and for how long any run is kept. */
export function StorageForm({
  settings,
  mayManage,
}: {
  settings: RunSettings;
  mayManage: boolean;
}) {
  const words = useWords("settings.storage");
  const common = useWords("common");
  const show = useToasts((state) => state.show);
  const put = usePutRunSettings();
  const [asked, setAsked] = useState<RunSettings | null>(null);
  const { register, handleSubmit, formState, control, reset } = useForm({
    resolver: zodResolver(storageForm),
    defaultValues: valuesOf(settings),
  });
  const { store, isLimited } = useWatch({ control });
  const problem = problemOf(put.error, ["#/retention_days", "#/store"]);
  useLeaveWarning(formState.isDirty, common("discardQuestion"));

  function tell(saved: RunSettings) {
    setAsked(null);
    reset(valuesOf(saved));
    show(words("saved"));
  }

  const submit = handleSubmit(async (values) => {
    const wanted = settingsOf(values);
    if (deletesRuns(settings, wanted)) setAsked(wanted);
    else tell(await put.mutateAsync(wanted));
  });

  return (
    <form
      noValidate
      className="flex flex-col gap-6"
      onSubmit={(event) => {
        void submit(event).catch(() => undefined);
      }}
    >
      <fieldset disabled={!mayManage} className="flex flex-col gap-2">
        <legend className="mb-2 text-lg font-semibold">{words("what")}</legend>
        {STORES.map((choice) => (
          <label
            key={choice}
            className="flex items-start gap-2 rounded-md border bg-surface p-3 text-sm has-checked:border-accent"
          >
            <input
              type="radio"
              value={choice}
              className="mt-0.5"
              aria-label={words(`stores.${choice}.title`)}
              {...register("store")}
            />
            <span className="min-w-0">
              <span className="block font-medium">{words(`stores.${choice}.title`)}</span>
              <span className="block text-muted">{words(`stores.${choice}.hint`)}</span>
              <span className="mt-1 block">
                {CONSEQUENCES.map((what) => (
                  <span key={what} className="block">
                    {words(`stores.${choice}.${what}`)}
                  </span>
                ))}
              </span>
            </span>
          </label>
        ))}
        {store === settings.store ? null : <p className="text-sm">{words("fromNowOn")}</p>}
      </fieldset>
      <fieldset disabled={!mayManage} className="flex flex-col gap-2 text-sm">
        <legend className="mb-2 text-lg font-semibold">{words("howLong")}</legend>
        <label className="flex items-center gap-2">
          <input type="checkbox" {...register("isLimited")} />
          {words("limited")}
        </label>
        {isLimited ? (
          <Field
            label={words("days")}
            hint={words("daysHint")}
            error={formState.errors.days ? words("daysRule") : problem.at("#/retention_days")}
            className="max-w-60"
          >
            {(field) => (
              <Input
                {...field}
                {...register("days")}
                inputMode="numeric"
                className="tabular-nums"
                autoComplete="off"
              />
            )}
          </Field>
        ) : (
          <p className="text-muted">{words("forEver")}</p>
        )}
      </fieldset>
      {problem.rest === null || asked !== null ? null : <ErrorPanel error={problem.rest} />}
      {mayManage ? (
        <Button
          type="submit"
          variant="primary"
          className="self-start"
          disabled={!formState.isDirty || put.isPending}
        >
          {common("save")}
        </Button>
      ) : null}
      {asked === null ? null : (
        <ConfirmDialog
          title={words("deleteTitle", { days: asked.retention_days ?? 0 })}
          description={words("deleteHint", { days: asked.retention_days ?? 0 })}
          action={words("deleteOlder")}
          isPending={put.isPending}
          error={put.error}
          onClose={() => {
            setAsked(null);
          }}
          onConfirm={() => put.mutateAsync(asked)}
          onDone={() => {
            tell(asked);
          }}
        />
      )}
    </form>
  );
}
