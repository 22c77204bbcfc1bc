"use client";

import { MoreHorizontal } from "lucide-react";
import { useState } from "react";

import { ConfirmDialog } from "@/components/confirm-dialog";
import { FormDialog } from "@/components/form-dialog";
import { ErrorPanel } from "@/components/error-panel";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { Menu, MenuItem } from "@/components/ui/menu";
import { chooseProject, useSession } from "@/features/access/api";
import { problemOf } from "@/lib/api/field-problems";
import { useWords } from "@/lib/i18n/words";
import { useToasts } from "@/lib/toasts";

import { type InstanceProject, useUpdateProject } from "./admin-api";

/** One project of the installation, from outside; who is a member opens it. */
export function ProjectRow({ project }: { project: InstanceProject }) {
  const words = useWords("settings.admin");
  const show = useToasts((state) => state.show);
  const { data } = useSession();
  const update = useUpdateProject();
  const [asked, setAsked] = useState<"rename" | "archive" | null>(null);
  const { name, slug } = project;
  const isArchived = project.archived_at !== null;
  const isOwn = data?.projects.some((own) => own.slug === slug) ?? false;
  const archive = isArchived ? "unarchive" : "archive";
  return (
    <li className="flex items-start gap-3 border-b p-3 last:border-b-0" data-testid="project">
      <div className="min-w-0 flex-1">
        <p className="flex flex-wrap items-center gap-2">
          <span className="font-medium break-words">{name}</span>
          {isArchived ? <Badge>{words("archived")}</Badge> : null}
        </p>
        <p className="text-xs text-muted">
          <code>{slug}</code> · {words("memberCount", { count: project.members })}
        </p>
      </div>
      {isOwn && !isArchived ? (
        <Button
          size="sm"
          aria-label={words("openProject", { name })}
          onClick={() => {
            chooseProject(slug);
          }}
        >
          {words("open")}
        </Button>
      ) : null}
      <Menu
        trigger={
          <Button size="icon-sm" variant="ghost" aria-label={words("actionsOf", { name })}>
            <MoreHorizontal />
          </Button>
        }
      >
        <MenuItem
          onSelect={() => {
            setAsked("rename");
          }}
        >
          {words("rename")}
        </MenuItem>
        <MenuItem
          onSelect={() => {
            setAsked("archive");
          }}
        >
          {words(`${archive}.button`)}
        </MenuItem>
      </Menu>
      {asked === "rename" ? (
        <Rename
          project={project}
          onClose={() => {
            setAsked(null);
          }}
        />
      ) : null}
      {asked === "archive" ? (
        <ConfirmDialog
          title={words(`${archive}.title`, { name })}
          description={words(`${archive}.hint`)}
          action={words(`${archive}.button`)}
          isDestructive={!isArchived}
          isPending={update.isPending}
          error={update.error}
          onClose={() => {
            setAsked(null);
          }}
          onConfirm={() => update.mutateAsync({ id: project.id, body: { archived: !isArchived } })}
          onDone={() => {
            setAsked(null);
            show(words("changed", { name }));
          }}
        />
      ) : null}
    </li>
  );
}

function Rename({ project, onClose }: { project: InstanceProject; onClose: () => void }) {
  const words = useWords("settings.admin");
  const common = useWords("common");
  const update = useUpdateProject();
  const [name, setName] = useState(project.name);
  const problem = problemOf(update.error, ["#/name"]);
  return (
    <FormDialog
      title={words("renameTitle", { name: project.name })}
      action={common("save")}
      isDirty={name !== project.name}
      isPending={update.isPending || name.trim() === ""}
      onClose={onClose}
      onSubmit={async () => {
        await update.mutateAsync({ id: project.id, body: { name: name.trim() } });
        onClose();
      }}
    >
      <Field label={words("name")} error={problem.at("#/name")}>
        {(field) => (
          <Input
            {...field}
            maxLength={255}
            autoComplete="off"
            value={name}
            onChange={(event) => {
              setName(event.target.value);
            }}
          />
        )}
      </Field>
      {problem.rest === null ? null : <ErrorPanel error={problem.rest} />}
    </FormDialog>
  );
}
