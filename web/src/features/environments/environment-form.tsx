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

import { useCreateEnvironment } from "./environments-api";

// The policy of the page allows no code from text, which zod would try.
z.config({ jitless: true });

const form = z.object({
  name: z.string().regex(/^[a-z0-9][a-z0-9_-]{0,49}$/),
  isProtected: z.boolean(),
});

/** A new environment: what it is called, and whether only owners release to it. */
export function EnvironmentForm({ onClose }: { onClose: () => void }) {
  const words = useWords("settings.environments");
  const create = useCreateEnvironment();
  const { register, handleSubmit, formState } = useForm({
    resolver: zodResolver(form),
    defaultValues: { name: "", isProtected: false },
  });
  const problem = problemOf(create.error, ["#/name", "#/protected"]);
  const isTaken = create.error !== null && asApiError(create.error).code === "environment_taken";
  const submit = handleSubmit(async ({ name, isProtected }) => {
    await create.mutateAsync({ name, protected: isProtected });
    onClose();
  });
  return (
    <FormDialog
      title={words("newTitle")}
      description={words("newHint")}
      action={words("create")}
      isDirty={formState.isDirty}
      isPending={create.isPending}
      onSubmit={submit}
      onClose={onClose}
    >
      <Field
        label={words("name")}
        hint={words("nameHint")}
        error={
          formState.errors.name
            ? words("nameRule")
            : isTaken
              ? words("nameTaken")
              : problem.at("#/name")
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
      <label className="flex items-start gap-2 text-sm">
        <input type="checkbox" className="mt-0.5" {...register("isProtected")} />
        <span>
          <span className="block font-medium">{words("protect")}</span>
          <span className="block text-muted">{words("protectedHint")}</span>
        </span>
      </label>
      {problem.rest === null || isTaken ? null : <ErrorPanel error={problem.rest} />}
    </FormDialog>
  );
}
