"use client";

import { zodResolver } from "@hookform/resolvers/zod";
import { useForm } from "react-hook-form";
import { z } from "zod";

import { ErrorPanel } from "@/components/error-panel";
import { FormDialog } from "@/components/form-dialog";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { asApiError } from "@/lib/api/api-error";
import { problemOf } from "@/lib/api/field-problems";
import { useWords } from "@/lib/i18n/words";

import { useCreateUser } from "./admin-api";

// The policy of the page allows no code from text, which zod would try.
z.config({ jitless: true });

const form = z.object({
  email: z.string().trim().min(3).max(254).includes("@"),
  name: z.string().trim().min(1).max(255),
  isAdministrator: z.boolean(),
});

export type MadeLink = { email: string; url: string; mailed: boolean };
type Props = { onMade: (link: MadeLink) => void; onClose: () => void };

/** A new account; its person sets the password by the link. */
export function UserForm({ onMade, onClose }: Props) {
  const words = useWords("settings.admin");
  const create = useCreateUser();
  const { register, handleSubmit, formState } = useForm({
    resolver: zodResolver(form),
    defaultValues: { email: "", name: "", isAdministrator: false },
  });
  const { errors } = formState;
  const problem = problemOf(create.error, ["#/email", "#/name"]);
  const isTaken = create.error !== null && asApiError(create.error).code === "email_taken";
  const submit = handleSubmit(async ({ email, name, isAdministrator }) => {
    const made = await create.mutateAsync({ email, name, is_instance_admin: isAdministrator });
    onMade({ email, url: made.url, mailed: made.mailed });
  });
  return (
    <FormDialog
      title={words("newPerson")}
      description={words("newPersonHint")}
      action={words("makePerson")}
      isDirty={formState.isDirty}
      isPending={create.isPending}
      onSubmit={submit}
      onClose={onClose}
    >
      <Field
        label={words("email")}
        error={
          errors.email ? words("emailRule") : isTaken ? words("emailTaken") : problem.at("#/email")
        }
      >
        {(field) => <Input {...field} {...register("email")} type="email" autoComplete="off" />}
      </Field>
      <Field label={words("name")} error={errors.name ? words("needed") : problem.at("#/name")}>
        {(field) => <Input {...field} {...register("name")} autoComplete="off" />}
      </Field>
      <label className="flex items-start gap-2 text-sm">
        <input type="checkbox" className="mt-0.5" {...register("isAdministrator")} />
        <span>
          <span className="block font-medium">{words("administrator")}</span>
          <span className="block text-muted">{words("administratorHint")}</span>
        </span>
      </label>
      {problem.rest === null || isTaken ? null : <ErrorPanel error={problem.rest} />}
    </FormDialog>
  );
}
