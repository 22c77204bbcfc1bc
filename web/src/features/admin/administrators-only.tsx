"use client";

import type { ReactNode } from "react";

import { EmptyState } from "@/components/empty-state";
import { SettingsPage } from "@/components/settings-page";
import { useWords } from "@/lib/i18n/words";

import { useIsAdministrator } from "./admin-api";

/** Shows a page of the installation to its administrators, and to others why there is none. */
export function AdministratorsOnly({ title, children }: { title: string; children: ReactNode }) {
  const words = useWords("settings.admin");
  if (useIsAdministrator()) return <>{children}</>;
  return (
    <SettingsPage title={title}>
      <EmptyState title={words("forbidden")}>{words("forbiddenHint")}</EmptyState>
    </SettingsPage>
  );
}
