"use client";

import { useState } from "react";

import { ErrorPanel } from "@/components/error-panel";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Field } from "@/components/ui/field";
import { NativeSelect, Textarea } from "@/components/ui/input";
import { type Deployment, useDeploy } from "@/features/deployments/api";
import { useWords } from "@/lib/i18n/words";
import { useToasts } from "@/lib/toasts";

import { useVersions } from "../../api";
import { VersionDiff } from "../diff/version-diff";
import { useEditor } from "../store";

type Props = { environment: string; deployment: Deployment | undefined; onClose: () => void };

/** Puts a version into an environment: names the one that it replaces, and shows the difference. */
export function PromoteDialog({ environment, deployment, onClose }: Props) {
  const words = useWords("editor.release");
  const common = useWords("common");
  const prompt = useEditor((state) => state.prompt);
  const versions = useVersions(prompt.id);
  const rows = versions.data?.pages.flatMap((page) => page.data) ?? [];
  const candidates = rows.filter(({ version }) => version !== deployment?.version);
  const [chosen, setChosen] = useState<string | null>(null);
  const [reason, setReason] = useState("");
  const deploy = useDeploy();
  const show = useToasts((state) => state.show);
  const version = chosen ?? candidates[0]?.version;

  async function release() {
    if (version === undefined) return;
    await deploy.mutateAsync({
      kind: "prompt",
      subject: prompt.id,
      environment,
      version,
      ...(deployment === undefined ? {} : { replaces: deployment.version }),
      ...(reason.trim() === "" ? {} : { reason: reason.trim() }),
    });
    show(words("released", { version, environment }));
    onClose();
  }

  return (
    <Dialog
      open
      wide
      onOpenChange={onClose}
      title={words("promoteTitle", { environment })}
      description={
        deployment === undefined
          ? words("promoteFirst", { environment })
          : words("promoteReplaces", { environment, version: deployment.version })
      }
      footer={
        <>
          <Button onClick={onClose}>{common("cancel")}</Button>
          <Button
            variant="primary"
            disabled={version === undefined || deploy.isPending}
            onClick={() => void release().catch(() => undefined)}
          >
            {deployment === undefined
              ? words("putInto", { version: version ?? "", environment })
              : words("replace", { before: deployment.version, after: version ?? "" })}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        {candidates.length === 0 ? <p>{words("nothingElse")}</p> : null}
        <div className="grid gap-4 sm:grid-cols-[12rem_1fr]">
          <Field label={words("version")}>
            {(control) => (
              <NativeSelect
                {...control}
                value={version ?? ""}
                onChange={(event) => {
                  setChosen(event.target.value);
                }}
              >
                {candidates.map((row) => (
                  <option key={row.id} value={row.version}>
                    {row.version}
                    {row.status === "Deprecated" ? ` · ${words("deprecated")}` : ""}
                  </option>
                ))}
              </NativeSelect>
            )}
          </Field>
          <Field label={words("reason")}>
            {(control) => (
              <Textarea
                {...control}
                rows={2}
                maxLength={2000}
                placeholder={words("reasonHint")}
                value={reason}
                onChange={(event) => {
                  setReason(event.target.value);
                }}
              />
            )}
          </Field>
        </div>
        {deploy.error === null ? null : <ErrorPanel error={deploy.error} />}
        {deployment === undefined || version === undefined ? null : (
          <VersionDiff prompt={prompt.id} from={deployment.version} to={version} />
        )}
      </div>
    </Dialog>
  );
}
