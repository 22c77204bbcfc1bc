"use client";

import { ErrorPanel } from "@/components/error-panel";
import { SettingsPage } from "@/components/settings-page";
import { useMay } from "@/features/access/api";
import { useWords } from "@/lib/i18n/words";

import { DeleteRunsOf } from "./delete-runs-of";
import { useRunSettings } from "./storage-api";
import { StorageForm } from "./storage-form";

/** What is kept of runs, and for how long; owners change it. */
export function StoragePage() {
  const words = useWords("settings.storage");
  const settings = useWords("settings");
  const mayManage = useMay("runs.manage");
  const kept = useRunSettings();
  return (
    <SettingsPage title={words("title")} hint={mayManage ? words("hint") : settings("ownersOnly")}>
      {kept.error === null ? null : (
        <ErrorPanel error={kept.error} onRetry={() => void kept.refetch()} />
      )}
      {kept.data === undefined ? null : <StorageForm settings={kept.data} mayManage={mayManage} />}
      {mayManage ? <DeleteRunsOf /> : null}
    </SettingsPage>
  );
}
