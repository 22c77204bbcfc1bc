"use client";

import { zodResolver } from "@hookform/resolvers/zod";
import { useForm, type UseFormRegisterReturn } from "react-hook-form";
import { z } from "zod";

import { ErrorPanel } from "@/components/error-panel";
import { FormDialog } from "@/components/form-dialog";
import { Button } from "@/components/ui/button";
import { Field } from "@/components/ui/field";
import { Input, Textarea } from "@/components/ui/input";
import { asApiError } from "@/lib/api/api-error";
import { problemOf } from "@/lib/api/field-problems";
import { useWords } from "@/lib/i18n/words";

import type { Provider } from "./api";
import { filledIn, kindName, missingFields, suggestName } from "./kinds";
import { type Kind, useCreateProvider, useUpdateProvider } from "./providers-api";

// The policy of the page allows no code from text, which zod would try.
z.config({ jitless: true });

const KNOWN_FIELDS = [
  "api_key",
  "api_version",
  "aws_access_key_id",
  "aws_secret_access_key",
  "aws_session_token",
  "aws_region_name",
  "vertex_project",
  "vertex_location",
  "vertex_credentials",
] as const;
type KnownField = (typeof KNOWN_FIELDS)[number];

function schemaFor(kind: Kind, isNew: boolean) {
  return z
    .object({
      name: z.string().regex(/^[a-z0-9][a-z0-9_-]{0,99}$/, "name"),
      baseUrl: z.string().trim(),
      credentials: z.record(z.string(), z.string()),
    })
    .superRefine(({ baseUrl, credentials }, context) => {
      if (kind.base_url === "required" && baseUrl === "")
        context.addIssue({ code: "custom", path: ["baseUrl"], message: "needed" });
      for (const name of missingFields(kind, credentials, !isNew))
        context.addIssue({ code: "custom", path: ["credentials", name], message: "needed" });
    });
}

type Props = {
  kind: Kind;
  /** What is changed; null makes a new one. */
  provider: Provider | null;
  taken: readonly string[];
  onBack?: () => void;
  onSaved: (provider: Provider) => void;
  onClose: () => void;
};

/** A provider's name, address and credentials. What is stored of a key is never shown. */
export function ProviderForm({ kind, provider, taken, onBack, onSaved, onClose }: Props) {
  const words = useWords("settings.providers");
  const common = useWords("common");
  const create = useCreateProvider();
  const update = useUpdateProvider();
  const isNew = provider === null;
  const ownUrl = provider?.base_url === kind.default_base_url ? "" : (provider?.base_url ?? "");
  const { register, handleSubmit, formState } = useForm({
    resolver: zodResolver(schemaFor(kind, isNew)),
    defaultValues: {
      name: provider?.name ?? suggestName(kind.kind, taken),
      baseUrl: ownUrl,
      credentials: Object.fromEntries(kind.fields.map(({ name }) => [name, ""])),
    },
  });
  const failure = create.error ?? update.error;
  const fields = kind.fields.map(({ name }) => `#/credentials/${name}`);
  const problem = problemOf(failure, ["#/name", "#/base_url", ...fields]);
  const isTaken = failure !== null && asApiError(failure).code === "provider_name_taken";
  const { errors } = formState;

  const submit = handleSubmit(async ({ name, baseUrl, credentials }) => {
    const given = filledIn(credentials);
    const address = kind.base_url === "never" ? {} : { base_url: baseUrl === "" ? null : baseUrl };
    const saved = isNew
      ? await create.mutateAsync({ name, kind: kind.kind, ...address, credentials: given })
      : await update.mutateAsync({
          id: provider.id,
          body: {
            ...(name === provider.name ? {} : { name }),
            ...(baseUrl === ownUrl ? {} : address),
            ...(Object.keys(given).length === 0 ? {} : { credentials: given }),
          },
        });
    onSaved(saved);
  });

  const label = (name: string) =>
    (KNOWN_FIELDS as readonly string[]).includes(name)
      ? words(`fields.${name as KnownField}`)
      : name;
  const kindLabel = kindName(kind.kind, (own) => words(`kinds.${own}`));

  return (
    <FormDialog
      title={
        isNew ? words("addTitle", { kind: kindLabel }) : words("editTitle", { name: provider.name })
      }
      description={words("sealed")}
      action={isNew ? words("addAndTest") : common("save")}
      isDirty={formState.isDirty}
      isPending={create.isPending || update.isPending}
      onSubmit={submit}
      onClose={onClose}
      back={onBack === undefined ? null : <Button onClick={onBack}>{common("back")}</Button>}
    >
      <Field
        label={words("name")}
        hint={words("nameHint", { name: provider?.name ?? kind.kind })}
        error={
          errors.name ? words("nameRule") : isTaken ? words("nameTaken") : problem.at("#/name")
        }
      >
        {(control) => (
          <Input
            {...control}
            {...register("name")}
            className="font-mono"
            autoComplete="off"
            spellCheck={false}
          />
        )}
      </Field>
      {kind.base_url === "never" || kind.kind === "local" ? null : (
        <Field
          label={words("baseUrl")}
          hint={kind.base_url === "optional" ? words("baseUrlOptional") : words("baseUrlNeeded")}
          error={errors.baseUrl ? words("needed") : problem.at("#/base_url")}
        >
          {(control) => (
            <Input
              {...control}
              {...register("baseUrl")}
              className="font-mono"
              type="url"
              placeholder={kind.default_base_url ?? "https://"}
              autoComplete="off"
              spellCheck={false}
            />
          )}
        </Field>
      )}
      {kind.fields.map((field) => (
        <Field
          key={field.name}
          label={label(field.name)}
          hint={hintOf(field, provider, words)}
          error={
            errors.credentials?.[field.name]
              ? words("needed")
              : problem.at(`#/credentials/${field.name}`)
          }
        >
          {(control) => (
            <CredentialInput
              control={control}
              isSecret={field.secret}
              isLong={field.name === "vertex_credentials"}
              registered={register(`credentials.${field.name}`)}
            />
          )}
        </Field>
      ))}
      {kind.fields.length === 0 ? <p className="text-sm text-muted">{words("noFields")}</p> : null}
      {problem.rest === null || isTaken ? null : <ErrorPanel error={problem.rest} />}
    </FormDialog>
  );
}

type FieldWords = (
  key: "keepStored" | "keepStoredUnseen" | "optional",
  values?: Record<string, string>,
) => string;

function hintOf(field: Kind["fields"][number], provider: Provider | null, words: FieldWords) {
  const stored = provider?.credentials[field.name];
  if (stored !== undefined) {
    return stored === "" ? words("keepStoredUnseen") : words("keepStored", { last: stored });
  }
  return field.required ? undefined : words("optional");
}

type CredentialInputProps = {
  control: { id: string };
  isSecret: boolean;
  isLong: boolean;
  registered: UseFormRegisterReturn;
};

function CredentialInput({ control, isSecret, isLong, registered }: CredentialInputProps) {
  const plain = { autoComplete: "off", spellCheck: false, className: "font-mono" } as const;
  if (isLong)
    return <Textarea {...control} {...registered} {...plain} rows={5} placeholder="{ … }" />;
  return (
    <Input
      {...control}
      {...registered}
      {...plain}
      type={isSecret ? "password" : "text"}
      // A browser that offers to keep it would keep it as a password of this site.
      autoComplete={isSecret ? "new-password" : "off"}
    />
  );
}
