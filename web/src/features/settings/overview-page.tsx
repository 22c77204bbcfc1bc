"use client";

import Link from "next/link";

import { SettingsPage } from "@/components/settings-page";
import { useSession } from "@/features/access/api";
import { useWords } from "@/lib/i18n/words";

import { groupsFor } from "./sections";

/** Every page of the settings, with what one does there. */
export function OverviewPage() {
  const words = useWords("settings");
  const { data } = useSession();
  return (
    <SettingsPage title={words("title")}>
      {groupsFor(data?.user.is_instance_admin ?? false).map((group) => (
        <section key={group.word} aria-labelledby={`group-${group.word}`}>
          <h2 id={`group-${group.word}`} className="mb-2 text-lg font-semibold">
            {words(`groups.${group.word}`)}
          </h2>
          <ul className="grid gap-2 sm:grid-cols-2">
            {group.sections.map(({ href, word, icon: Icon }) => (
              <li key={href}>
                <Link
                  href={href}
                  className="flex h-full gap-3 rounded-md border bg-surface p-3 hover:border-strong-border"
                >
                  <Icon className="mt-0.5 size-5 shrink-0 text-accent-text" aria-hidden />
                  <span className="min-w-0">
                    <span className="block font-medium">{words(`sections.${word}.title`)}</span>
                    <span className="block text-sm text-muted">
                      {words(`sections.${word}.hint`)}
                    </span>
                  </span>
                </Link>
              </li>
            ))}
          </ul>
        </section>
      ))}
    </SettingsPage>
  );
}
