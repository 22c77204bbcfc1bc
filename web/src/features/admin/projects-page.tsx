"use client";

import { zodResolver } from "@hookform/resolvers/zod";
import { Plus } from "lucide-react";
import { useState } from "react";
import { useForm } from "react-hook-form";
import { z } from "zod";

import { ErrorPanel } from "@/components/error-panel";
import { FormDialog } from "@/components/form-dialog";
import { SecretDialog } from "@/components/secret-dialog";
import { SettingsPage } from "@/components/settings-page";
import { Button } from "@/components/ui/button";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { asApiError } from "@/lib/api/api-error";
import type { Schemas } from "@/lib/api/client";
import { problemOf } from "@/lib/api/field-problems";
import { useWords } from "@/lib/i18n/words";
import { useToasts } from "@/lib/toasts";

import { useCreateProject, useInstanceProjects, useIsAdministrator } from "./admin-api";
import { AdministratorsOnly } from "./administrators-only";
import { ProjectRow } from "./project-row";

// The policy of the page allows no code from text, which zod would try.
z.config({ jitless: true });

const form = z.object({
  name: z.string().trim().min(1).max(255),
  slug: z.string().regex(/^[a-z0-9][a-z0-9_-]{0,99}$/),
  owner: z.string().trim().max(254),
});

type Created = Schemas["ProjectCreated"];

/** The projects of the installation from outside; each is made with its first owner. */
export function ProjectsPage() {
  const words = useWords("settings.admin");
  const settings = useWords("settings");
  const show = useToasts((state) => state.show);
  const projects = useInstanceProjects(useIsAdministrator());
  const [isMaking, setMaking] = useState(false);
  const [made, setMade] = useState<{ name: string; key: string } | null>(null);
  return (
    <AdministratorsOnly title={words("projectsTitle")}>
      <SettingsPage
        title={words("projectsTitle")}
        hint={words("projectsHint")}
        action={
          <Button
            variant="primary"
            onClick={() => {
              setMaking(true);
            }}
          >
            <Plus />
            {words("newProject")}
          </Button>
        }
      >
        {projects.error === null ? null : (
          <ErrorPanel error={projects.error} onRetry={() => void projects.refetch()} />
        )}
        <ul className="flex flex-col rounded-md border bg-surface empty:hidden">
          {projects.data?.pages
            .flatMap((page) => page.data)
            .map((project) => (
              <ProjectRow key={project.id} project={project} />
            ))}
        </ul>
        {projects.hasNextPage ? (
          <Button
            className="self-center"
            disabled={projects.isFetchingNextPage}
            onClick={() => void projects.fetchNextPage()}
          >
            {settings("loadMore")}
          </Button>
        ) : null}
        {isMaking ? (
          <ProjectForm
            onClose={() => {
              setMaking(false);
            }}
            onMade={(created) => {
              setMaking(false);
              show(words("projectMade", { name: created.project.name }));
              if (created.api_key !== null)
                setMade({ name: created.project.name, key: created.api_key });
            }}
          />
        ) : null}
        {made === null ? null : (
          <SecretDialog
            title={words("firstKey", { name: made.name })}
            description={words("firstKeyHint")}
            label={words("keyText")}
            secret={made.key}
            done={words("linkDone")}
            onClose={() => {
              setMade(null);
            }}
          />
        )}
      </SettingsPage>
    </AdministratorsOnly>
  );
}

function ProjectForm(props: { onMade: (created: Created) => void; onClose: () => void }) {
  const words = useWords("settings.admin");
  const create = useCreateProject();
  const { register, handleSubmit, formState } = useForm({
    resolver: zodResolver(form),
    defaultValues: { name: "", slug: "", owner: "" },
  });
  const { errors } = formState;
  const problem = problemOf(create.error, ["#/name", "#/slug", "#/owner"]);
  const isTaken = create.error !== null && asApiError(create.error).code === "project_slug_taken";
  const submit = handleSubmit(async ({ name, slug, owner }) => {
    props.onMade(await create.mutateAsync({ name, slug, owner: owner === "" ? null : owner }));
  });
  return (
    <FormDialog
      title={words("newProject")}
      description={words("newProjectHint")}
      action={words("makeProject")}
      isDirty={formState.isDirty}
      isPending={create.isPending}
      onSubmit={submit}
      onClose={props.onClose}
    >
      <Field label={words("name")} error={errors.name ? words("needed") : problem.at("#/name")}>
        {(field) => <Input {...field} {...register("name")} autoComplete="off" />}
      </Field>
      <Field
        label={words("slug")}
        hint={words("slugHint")}
        error={
          errors.slug ? words("slugRule") : isTaken ? words("slugTaken") : problem.at("#/slug")
        }
      >
        {(field) => (
          <Input
            {...field}
            {...register("slug")}
            className="font-mono"
            autoComplete="off"
            spellCheck={false}
          />
        )}
      </Field>
      <Field
        label={words("owner")}
        hint={words("ownerHint")}
        error={errors.owner ? words("emailRule") : problem.at("#/owner")}
      >
        {(field) => <Input {...field} {...register("owner")} type="email" autoComplete="off" />}
      </Field>
      {problem.rest === null || isTaken ? null : <ErrorPanel error={problem.rest} />}
    </FormDialog>
  );
}
