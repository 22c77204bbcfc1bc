"use client";

import { zodResolver } from "@hookform/resolvers/zod";
import { Controller, useForm } from "react-hook-form";

import { ErrorPanel } from "@/components/error-panel";
import { FormDialog } from "@/components/form-dialog";
import { Button } from "@/components/ui/button";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { problemOf } from "@/lib/api/field-problems";
import { useWords } from "@/lib/i18n/words";

import { EnvironmentAllowList, PromptAllowList } from "./allow-lists";
import { createBody, dayAfter, keyForm, NEW_KEY, updateBody, valuesOf } from "./key-values";
import { type ApiKey, type KeyCreated, SCOPES, useCreateKey, useUpdateKey } from "./keys-api";

const LIMITS = [
  ["requestsPerMinute", "requests_per_minute"],
  ["burst", "burst"],
  ["tokensPerMinute", "tokens_per_minute"],
  ["concurrentRuns", "concurrent_runs"],
] as const;
const PRESETS = [30, 90, 365] as const;
const POINTERS = [
  "#/name",
  "#/scopes",
  "#/prompts",
  "#/environments",
  "#/expires_at",
  ...LIMITS.map(([, pointer]) => `#/${pointer}`),
];

type Props = {
  /** What is changed; null makes a new one. */
  apiKey: ApiKey | null;
  onCreated: (made: KeyCreated) => void;
  onClose: () => void;
};

/** What a key is called, what it may do, and how much. The scopes of a key never change. */
export function KeyForm({ apiKey, onCreated, onClose }: Props) {
  const words = useWords("settings.keys");
  const common = useWords("common");
  const create = useCreateKey();
  const update = useUpdateKey();
  const { register, handleSubmit, formState, control, setValue } = useForm({
    resolver: zodResolver(keyForm),
    defaultValues: apiKey === null ? NEW_KEY : valuesOf(apiKey),
  });
  const { errors } = formState;
  const problem = problemOf(create.error ?? update.error, POINTERS);

  const submit = handleSubmit(async (values) => {
    if (apiKey === null) onCreated(await create.mutateAsync(createBody(values)));
    else {
      await update.mutateAsync({ id: apiKey.id, body: updateBody(values, apiKey) });
      onClose();
    }
  });

  return (
    <FormDialog
      title={apiKey === null ? words("newTitle") : words("editTitle", { name: apiKey.name })}
      description={apiKey === null ? words("newHint") : words("editHint")}
      action={apiKey === null ? words("create") : common("save")}
      isDirty={formState.isDirty}
      isPending={create.isPending || update.isPending}
      onSubmit={submit}
      onClose={onClose}
    >
      <Field
        label={words("name")}
        hint={words("nameHint")}
        error={errors.name ? words("nameNeeded") : problem.at("#/name")}
      >
        {(field) => <Input {...field} {...register("name")} autoComplete="off" maxLength={255} />}
      </Field>
      {apiKey === null ? (
        <fieldset className="flex flex-col gap-1.5 text-sm">
          <legend className="mb-1 font-medium">{words("scopesTitle")}</legend>
          {SCOPES.map((scope) => (
            <label key={scope} className="flex items-start gap-2">
              <input
                type="checkbox"
                className="mt-0.5"
                value={scope}
                aria-label={words(`scopes.${scope}.title`)}
                {...register("scopes")}
              />
              <span>
                <span className="font-medium">{words(`scopes.${scope}.title`)}</span>{" "}
                <span className="text-muted">{words(`scopes.${scope}.hint`)}</span>
              </span>
            </label>
          ))}
          {errors.scopes ? (
            <p role="alert" className="text-xs text-danger dark:text-variable-6">
              {words("scopeNeeded")}
            </p>
          ) : null}
        </fieldset>
      ) : null}
      <div className="grid gap-4 sm:grid-cols-2">
        {LIMITS.map(([name, pointer]) => (
          <Field
            key={name}
            label={words(`limits.${name}.title`)}
            hint={words(`limits.${name}.hint`)}
            error={errors[name] ? words("limitRule") : problem.at(`#/${pointer}`)}
          >
            {(field) => (
              <Input
                {...field}
                {...register(name)}
                inputMode="numeric"
                className="tabular-nums"
                autoComplete="off"
              />
            )}
          </Field>
        ))}
      </div>
      <Controller
        control={control}
        name="prompts"
        render={({ field }) => (
          <PromptAllowList
            value={field.value}
            error={errors.prompts ? words("chooseOne") : problem.at("#/prompts")}
            onChange={field.onChange}
          />
        )}
      />
      <Controller
        control={control}
        name="environments"
        render={({ field }) => (
          <EnvironmentAllowList
            value={field.value}
            error={errors.environments ? words("chooseOne") : problem.at("#/environments")}
            onChange={field.onChange}
          />
        )}
      />
      <Field
        label={words("expires")}
        hint={words("expiresHint")}
        error={errors.expiresOn ? words("expiresPast") : problem.at("#/expires_at")}
      >
        {(field) => (
          <div className="flex flex-wrap gap-2">
            <Input {...field} {...register("expiresOn")} type="date" className="w-40" />
            {PRESETS.map((days) => (
              <Button
                key={days}
                size="sm"
                className="h-8"
                onClick={() => {
                  setValue("expiresOn", dayAfter(days, new Date()), { shouldDirty: true });
                }}
              >
                {words("inDays", { days })}
              </Button>
            ))}
          </div>
        )}
      </Field>
      {problem.rest === null ? null : <ErrorPanel error={problem.rest} />}
    </FormDialog>
  );
}
