"use client";

import { zodResolver } from "@hookform/resolvers/zod";
import { useForm } from "react-hook-form";
import { z } from "zod";

import { ErrorPanel } from "@/components/error-panel";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Field } from "@/components/ui/field";
import { Input, Textarea } from "@/components/ui/input";
import { asApiError } from "@/lib/api/api-error";
import { useWords } from "@/lib/i18n/words";
import { goTo, promptAddress } from "@/lib/navigation";

import { type Prompt, useDuplicatePrompt, useUpdatePrompt } from "../api";

z.config({ jitless: true });

const form = z.object({
  name: z.string().trim().min(1).max(255),
  alias: z.string().regex(/^[a-z0-9][a-z0-9_-]{0,99}$/),
  description: z.string().max(2000),
  tags: z.string(),
});

function tagsOf(text: string): string[] {
  return [
    ...new Set(text.split(/[\s,，、]+/).map((tag) => tag.replace(/^#/, "").toLowerCase())),
  ].filter(Boolean);
}

type Props = { prompt: Prompt; mode: "edit" | "duplicate"; onClose: () => void };

/** Name, alias, description and tags of a prompt, or of the copy that is made of it. */
export function PromptDetails({ prompt, mode, onClose }: Props) {
  const words = useWords("prompts");
  const common = useWords("common");
  const update = useUpdatePrompt();
  const duplicate = useDuplicatePrompt();
  const isCopy = mode === "duplicate";
  const { register, handleSubmit, formState } = useForm({
    resolver: zodResolver(form),
    defaultValues: {
      name: isCopy ? words("copyOf", { name: prompt.name }) : prompt.name,
      alias: isCopy ? `${prompt.alias}-copy` : prompt.alias,
      description: prompt.description ?? "",
      tags: prompt.tags.join(" "),
    },
  });
  const failure = update.error ?? duplicate.error;
  const error = failure === null ? null : asApiError(failure);
  const tagError = error?.fields.find((field) => field.pointer.startsWith("#/tags"));
  const isShown =
    error?.fields.some((field) => /^#\/(name|alias|description|tags)/.test(field.pointer)) ?? false;

  const submit = handleSubmit(async ({ name, alias, description, tags }) => {
    if (isCopy) {
      const copy = await duplicate.mutateAsync({ prompt: prompt.id, body: { name, alias } });
      onClose();
      goTo(promptAddress(copy.alias));
    } else {
      const body = {
        name,
        alias,
        description: description === "" ? null : description,
        tags: tagsOf(tags),
      };
      await update.mutateAsync({ prompt: prompt.id, body });
      onClose();
    }
  });

  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={isCopy ? words("duplicateTitle", { name: prompt.name }) : words("detailsTitle")}
      footer={
        <>
          <Button onClick={onClose}>{common("cancel")}</Button>
          <Button
            variant="primary"
            type="submit"
            form="prompt-details"
            disabled={update.isPending || duplicate.isPending}
          >
            {isCopy ? words("duplicate") : common("save")}
          </Button>
        </>
      }
    >
      <form
        id="prompt-details"
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          void submit(event).catch(() => undefined);
        }}
      >
        <Field
          label={words("name")}
          hint={words("nameHint")}
          error={formState.errors.name === undefined ? error?.at("#/name") : words("nameNeeded")}
        >
          {(control) => <Input {...control} {...register("name")} autoComplete="off" />}
        </Field>
        <Field
          label={words("alias")}
          hint={isCopy ? words("aliasHint") : words("aliasKept")}
          error={formState.errors.alias === undefined ? error?.at("#/alias") : words("aliasRule")}
        >
          {(control) => (
            <Input {...control} {...register("alias")} className="font-mono" spellCheck={false} />
          )}
        </Field>
        {isCopy ? null : (
          <>
            <Field label={words("description")} error={error?.at("#/description")}>
              {(control) => <Textarea {...control} {...register("description")} rows={3} />}
            </Field>
            <Field label={words("tags")} hint={words("tagsHint")} error={tagError?.message}>
              {(control) => <Input {...control} {...register("tags")} autoComplete="off" />}
            </Field>
          </>
        )}
        {error !== null && !isShown ? <ErrorPanel error={error} /> : null}
      </form>
    </Dialog>
  );
}
