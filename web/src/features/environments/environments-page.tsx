"use client";

import { LockKeyhole, Plus } from "lucide-react";
import { useState } from "react";
import { useFormatter } from "use-intl";

import { ConfirmDialog } from "@/components/confirm-dialog";
import { ErrorPanel } from "@/components/error-panel";
import { SettingsPage } from "@/components/settings-page";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { useMay } from "@/features/access/api";
import { type Environment, useEnvironments } from "@/features/deployments/api";
import { useWords } from "@/lib/i18n/words";
import { useToasts } from "@/lib/toasts";

import { EnvironmentForm } from "./environment-form";
import { useDeleteEnvironment, useProtectEnvironment, useServing } from "./environments-api";

/** Where versions are released to, and who may; owners make, protect and delete them. */
export function EnvironmentsPage() {
  const words = useWords("settings.environments");
  const settings = useWords("settings");
  const mayManage = useMay("environments.manage");
  const environments = useEnvironments();
  const [isMaking, setMaking] = useState(false);
  return (
    <SettingsPage
      title={words("title")}
      hint={mayManage ? words("hint") : settings("ownersOnly")}
      action={
        mayManage ? (
          <Button
            variant="primary"
            onClick={() => {
              setMaking(true);
            }}
          >
            <Plus />
            {words("new")}
          </Button>
        ) : undefined
      }
    >
      {environments.error === null ? null : (
        <ErrorPanel error={environments.error} onRetry={() => void environments.refetch()} />
      )}
      <ul className="flex flex-col rounded-md border bg-surface empty:hidden">
        {environments.data?.map((environment) => (
          <Row
            key={environment.name}
            environment={environment}
            mayManage={mayManage}
            isLast={environments.data.length === 1}
          />
        ))}
      </ul>
      {isMaking ? (
        <EnvironmentForm
          onClose={() => {
            setMaking(false);
          }}
        />
      ) : null}
    </SettingsPage>
  );
}

type RowProps = { environment: Environment; mayManage: boolean; isLast: boolean };

function Row({ environment, mayManage, isLast }: RowProps) {
  const words = useWords("settings.environments");
  const format = useFormatter();
  const serving = useServing(environment.name);
  const [asking, setAsking] = useState<"protect" | "delete" | null>(null);
  const count = serving.data?.count ?? null;
  return (
    <li
      className="flex flex-wrap items-center gap-x-3 gap-y-2 border-b p-3 last:border-b-0"
      data-testid="environment"
    >
      <div className="min-w-0 flex-1 basis-48">
        <p className="flex flex-wrap items-center gap-2">
          <span className="font-mono font-medium">{environment.name}</span>
          {environment.protected ? (
            <Badge tone="warning">
              <LockKeyhole aria-hidden />
              {words("protected")}
            </Badge>
          ) : null}
          {environment.required_checks.map((check) => (
            <Badge key={check}>{words("requires", { check })}</Badge>
          ))}
        </p>
        <p className="text-sm text-muted">
          {environment.protected ? words("ownersRelease") : words("editorsRelease")}
          {" · "}
          {count === null
            ? "…"
            : count === 0
              ? words("servesNothing")
              : words("serves", {
                  count: `${format.number(count)}${serving.data?.isMore ? "+" : ""}`,
                })}
        </p>
      </div>
      {mayManage ? (
        <div className="flex flex-wrap gap-1">
          <Button
            size="sm"
            aria-label={words(environment.protected ? "unprotectOf" : "protectOf", {
              name: environment.name,
            })}
            onClick={() => {
              setAsking("protect");
            }}
          >
            {words(environment.protected ? "unprotectIt" : "protectIt")}
          </Button>
          <Button
            size="sm"
            variant="ghost"
            aria-label={words("deleteOf", { name: environment.name })}
            onClick={() => {
              setAsking("delete");
            }}
          >
            {words("delete")}
          </Button>
        </div>
      ) : null}
      {asking === "protect" ? (
        <Protect
          environment={environment}
          onClose={() => {
            setAsking(null);
          }}
        />
      ) : null}
      {asking === "delete" ? (
        <Delete
          environment={environment}
          isHeld={isLast || count !== 0}
          reason={isLast ? words("isLast") : words("isServing")}
          onClose={() => {
            setAsking(null);
          }}
        />
      ) : null}
    </li>
  );
}

function Protect({ environment, onClose }: { environment: Environment; onClose: () => void }) {
  const words = useWords("settings.environments");
  const protect = useProtectEnvironment();
  const { name } = environment;
  return (
    <ConfirmDialog
      title={words(environment.protected ? "unprotectTitle" : "protectTitle", { name })}
      description={words(environment.protected ? "unprotectHint" : "protectedHint")}
      action={words(environment.protected ? "unprotectIt" : "protectIt")}
      isDestructive={environment.protected}
      isPending={protect.isPending}
      error={protect.error}
      onClose={onClose}
      onConfirm={() => protect.mutateAsync({ name, isProtected: !environment.protected })}
      onDone={onClose}
    />
  );
}

type DeleteProps = {
  environment: Environment;
  /** Whether the server would refuse it. */
  isHeld: boolean;
  reason: string;
  onClose: () => void;
};

function Delete({ environment, isHeld, reason, onClose }: DeleteProps) {
  const words = useWords("settings.environments");
  const show = useToasts((state) => state.show);
  const remove = useDeleteEnvironment();
  const { name } = environment;
  return (
    <ConfirmDialog
      title={words("deleteTitle", { name })}
      description={isHeld ? reason : words("deleteHint")}
      action={words("delete")}
      isPending={remove.isPending || isHeld}
      error={remove.error}
      onClose={onClose}
      onConfirm={() => remove.mutateAsync(name)}
      onDone={() => {
        show(words("deleted", { name }));
      }}
    />
  );
}
