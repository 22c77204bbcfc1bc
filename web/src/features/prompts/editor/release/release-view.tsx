"use client";

import { useState } from "react";
import { useFormatter, useNow } from "use-intl";

import { ErrorPanel } from "@/components/error-panel";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { useMay } from "@/features/access/api";
import {
  type Deployment,
  type Environment,
  useDeployments,
  useEnvironments,
} from "@/features/deployments/api";
import { useWords } from "@/lib/i18n/words";

import { useEditor } from "../store";
import { Ledger } from "./ledger";
import { PromoteDialog } from "./promote-dialog";
import { RollBackDialog } from "./roll-back-dialog";

type Asked = { kind: "promote" | "rollback"; environment: Environment };

/** Which version runs in which environment since when; each change goes through here. */
export function ReleaseView() {
  const words = useWords("editor.release");
  const prompt = useEditor((state) => state.prompt);
  const environments = useEnvironments();
  const deployments = useDeployments(prompt.id);
  const [asked, setAsked] = useState<Asked | null>(null);
  const error = environments.error ?? deployments.error;
  const of = (environment: string) =>
    deployments.data?.find((one) => one.environment === environment);
  if (error !== null) {
    return (
      <div className="p-4">
        <ErrorPanel error={error} />
      </div>
    );
  }
  return (
    <div className="flex min-h-0 flex-1 flex-col gap-6 overflow-auto p-4">
      {prompt.latest_version === null ? <p className="text-muted">{words("noVersion")}</p> : null}
      <ul className="grid gap-3 sm:grid-cols-2 xl:grid-cols-3">
        {environments.data?.map((environment) => (
          <EnvironmentCard
            key={environment.name}
            environment={environment}
            deployment={of(environment.name)}
            hasVersion={prompt.latest_version !== null}
            onAsk={(kind) => {
              setAsked({ kind, environment });
            }}
          />
        ))}
      </ul>
      <Ledger deployments={deployments.data ?? []} />
      {asked?.kind === "promote" ? (
        <PromoteDialog
          environment={asked.environment.name}
          deployment={of(asked.environment.name)}
          onClose={() => {
            setAsked(null);
          }}
        />
      ) : null}
      {asked?.kind === "rollback" ? (
        <RollBackDialog
          deployment={of(asked.environment.name)}
          onClose={() => {
            setAsked(null);
          }}
        />
      ) : null}
    </div>
  );
}

type CardProps = {
  environment: Environment;
  deployment: Deployment | undefined;
  hasVersion: boolean;
  onAsk: (kind: Asked["kind"]) => void;
};

function EnvironmentCard({ environment, deployment, hasVersion, onAsk }: CardProps) {
  const words = useWords("editor.release");
  const format = useFormatter();
  const now = useNow();
  const mayRelease = useMay(
    environment.protected ? "deployments.write_protected" : "deployments.write",
  );
  return (
    <li
      className="flex flex-col gap-2 rounded-md border bg-surface p-3"
      data-testid={`environment-${environment.name}`}
    >
      <div className="flex items-center gap-2">
        <h2 className="font-semibold">{environment.name}</h2>
        {environment.protected ? <Badge>{words("protected")}</Badge> : null}
      </div>
      {deployment === undefined ? (
        <p className="text-sm text-muted">{words("nothing")}</p>
      ) : (
        <p className="text-sm">
          <span className="font-mono text-lg font-semibold">{deployment.version}</span>{" "}
          <span className="text-muted">
            {words("since", { time: format.relativeTime(new Date(deployment.updated_at), now) })}
          </span>
          {deployment.version_deprecated ? (
            <Badge tone="warning">{words("deprecated")}</Badge>
          ) : null}
        </p>
      )}
      <div className="mt-auto flex flex-wrap gap-2 pt-1">
        {mayRelease ? (
          <>
            <Button
              disabled={!hasVersion}
              onClick={() => {
                onAsk("promote");
              }}
            >
              {words("promote")}
            </Button>
            {deployment === undefined ? null : (
              <Button
                variant="ghost"
                onClick={() => {
                  onAsk("rollback");
                }}
              >
                {words("rollBack")}
              </Button>
            )}
          </>
        ) : (
          <p className="text-xs text-muted">
            {words(environment.protected ? "onlyOwner" : "onlyEditor")}
          </p>
        )}
      </div>
    </li>
  );
}
