"use client";

import { ErrorPanel } from "@/components/error-panel";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { type Deployment, useReleases, useRollBack } from "@/features/deployments/api";
import { useWords } from "@/lib/i18n/words";
import { useToasts } from "@/lib/toasts";

import { VersionDiff } from "../diff/version-diff";
import { useEditor } from "../store";

type Props = { deployment: Deployment | undefined; onClose: () => void };

/** Goes back to the version that served before, in one click more. */
export function RollBackDialog({ deployment, onClose }: Props) {
  const words = useWords("editor.release");
  const common = useWords("common");
  const prompt = useEditor((state) => state.prompt);
  const releases = useReleases(deployment?.id ?? null);
  const rollBack = useRollBack();
  const show = useToasts((state) => state.show);
  if (deployment === undefined) return null;
  const before =
    releases.data?.find(({ to_version: to }) => to === deployment.version)?.from_version ?? null;

  function go(from: Deployment) {
    rollBack.mutate(
      { deployment: from.id, body: { replaces: from.version } },
      {
        onSuccess: ({ version, environment }) => {
          show(words("rolledBack", { version, environment }));
          onClose();
        },
      },
    );
  }

  return (
    <Dialog
      open
      wide
      onOpenChange={onClose}
      title={words("rollBackTitle", { environment: deployment.environment })}
      description={
        before === null
          ? words(releases.isSuccess ? "nothingBefore" : "rollBackHint")
          : words("rollBackFromTo", { before: deployment.version, after: before })
      }
      footer={
        <>
          <Button onClick={onClose}>{common("cancel")}</Button>
          <Button
            variant="danger"
            disabled={rollBack.isPending || before === null}
            onClick={() => {
              go(deployment);
            }}
          >
            {words("rollBack")}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        {rollBack.error === null ? null : <ErrorPanel error={rollBack.error} />}
        {before === null ? null : (
          <VersionDiff prompt={prompt.id} from={deployment.version} to={before} />
        )}
      </div>
    </Dialog>
  );
}
