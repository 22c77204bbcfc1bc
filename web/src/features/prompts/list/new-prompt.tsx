"use client";

import { zodResolver } from "@hookform/resolvers/zod";
import { useState } from "react";
import { useForm } from "react-hook-form";
import { z } from "zod";

import { ErrorPanel } from "@/components/error-panel";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { useModels } from "@/features/providers/api";
import { asApiError } from "@/lib/api/api-error";
import { cn } from "@/lib/class-names";
import { useWords } from "@/lib/i18n/words";
import { goTo, promptAddress } from "@/lib/navigation";

import { suggestAlias } from "../alias";
import { useCreatePrompt } from "../api";
import { contentOf, type TemplateName, TEMPLATES } from "./templates";

// The policy of the page allows no code from text, which zod would try.
z.config({ jitless: true });

const form = z.object({
  name: z.string().trim().min(1).max(255),
  alias: z.string().regex(/^[a-z0-9][a-z0-9_-]{0,99}$/),
});

/** Makes a prompt from a template and opens its editor. */
export function NewPrompt({ folder, onClose }: { folder: string | null; onClose: () => void }) {
  const words = useWords("prompts");
  const common = useWords("common");
  const texts = useWords("prompts.templates");
  const [template, setTemplate] = useState<TemplateName>("summarize");
  const create = useCreatePrompt();
  const models = useModels();
  const { register, handleSubmit, formState, setValue, getFieldState } = useForm({
    resolver: zodResolver(form),
    defaultValues: { name: folder === null ? "" : `${folder}/`, alias: "" },
  });
  const error = create.error === null ? null : asApiError(create.error);
  const model = models.data?.[0]?.model;

  const submit = handleSubmit(async (values) => {
    if (model === undefined) return;
    const prompt = await create.mutateAsync({
      ...values,
      content: contentOf(template, model, texts),
    });
    onClose();
    goTo(promptAddress(prompt.alias));
  });

  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={words("newTitle")}
      description={words("newHint")}
      footer={
        <>
          <Button onClick={onClose}>{common("cancel")}</Button>
          <Button
            variant="primary"
            type="submit"
            form="new-prompt"
            disabled={create.isPending || model === undefined}
          >
            {words("create")}
          </Button>
        </>
      }
    >
      <form
        id="new-prompt"
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          void submit(event).catch(() => undefined);
        }}
      >
        <fieldset>
          <legend className="mb-1 text-sm font-medium">{words("template")}</legend>
          <div className="grid gap-2 sm:grid-cols-2">
            {TEMPLATES.map((name) => (
              <label
                key={name}
                className={cn(
                  "flex cursor-pointer items-start gap-2 rounded-md border p-2 text-sm",
                  template === name && "border-accent bg-accent-soft",
                )}
              >
                <input
                  type="radio"
                  name="template"
                  aria-label={texts(`${name}.title`)}
                  className="mt-1"
                  checked={template === name}
                  onChange={() => {
                    setTemplate(name);
                  }}
                />
                <span>
                  <span className="block font-medium">{texts(`${name}.title`)}</span>
                  <span className="block text-xs text-muted">{texts(`${name}.hint`)}</span>
                </span>
              </label>
            ))}
          </div>
        </fieldset>
        <Field
          label={words("name")}
          hint={words("nameHint")}
          error={formState.errors.name === undefined ? error?.at("#/name") : words("nameNeeded")}
        >
          {(control) => (
            <Input
              {...control}
              {...register("name", {
                onChange: (event: { target: { value: string } }) => {
                  if (!getFieldState("alias").isDirty)
                    setValue("alias", suggestAlias(event.target.value));
                },
              })}
              autoComplete="off"
            />
          )}
        </Field>
        <Field
          label={words("alias")}
          hint={words("aliasHint")}
          error={formState.errors.alias === undefined ? error?.at("#/alias") : words("aliasRule")}
        >
          {(control) => (
            <Input
              {...control}
              {...register("alias")}
              className="font-mono"
              autoComplete="off"
              spellCheck={false}
            />
          )}
        </Field>
        {models.isSuccess && model === undefined ? <p role="alert">{words("noModel")}</p> : null}
        {error !== null && error.fields.length === 0 ? <ErrorPanel error={error} /> : null}
      </form>
    </Dialog>
  );
}
