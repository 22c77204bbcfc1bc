"use client";

import { UserPlus } from "lucide-react";
import { useState } from "react";

import { ErrorPanel } from "@/components/error-panel";
import { SecretDialog } from "@/components/secret-dialog";
import { SettingsPage } from "@/components/settings-page";
import { Button } from "@/components/ui/button";
import { useWords } from "@/lib/i18n/words";

import { useIsAdministrator, useUsers } from "./admin-api";
import { AdministratorsOnly } from "./administrators-only";
import { PersonRow } from "./person-row";
import { type MadeLink, UserForm } from "./user-form";

/** Everybody who may sign in to this installation. */
export function PeoplePage() {
  const words = useWords("settings.admin");
  const settings = useWords("settings");
  const users = useUsers(useIsAdministrator());
  const [isMaking, setMaking] = useState(false);
  const [link, setLink] = useState<MadeLink | null>(null);
  return (
    <AdministratorsOnly title={words("peopleTitle")}>
      <SettingsPage
        title={words("peopleTitle")}
        hint={words("peopleHint")}
        action={
          <Button
            variant="primary"
            onClick={() => {
              setMaking(true);
            }}
          >
            <UserPlus />
            {words("add")}
          </Button>
        }
      >
        {users.error === null ? null : (
          <ErrorPanel error={users.error} onRetry={() => void users.refetch()} />
        )}
        <ul className="flex flex-col rounded-md border bg-surface empty:hidden">
          {users.data?.pages
            .flatMap((page) => page.data)
            .map((person) => (
              <PersonRow key={person.id} person={person} onLink={setLink} />
            ))}
        </ul>
        {users.hasNextPage ? (
          <Button
            className="self-center"
            disabled={users.isFetchingNextPage}
            onClick={() => void users.fetchNextPage()}
          >
            {settings("loadMore")}
          </Button>
        ) : null}
        {isMaking ? (
          <UserForm
            onClose={() => {
              setMaking(false);
            }}
            onMade={(made) => {
              setMaking(false);
              setLink(made);
            }}
          />
        ) : null}
        {link === null ? null : (
          <SecretDialog
            title={words("linkTitle", { email: link.email })}
            description={words(link.mailed ? "mailed" : "notMailed")}
            label={words("link")}
            secret={link.url}
            done={words("linkDone")}
            onClose={() => {
              setLink(null);
            }}
          />
        )}
      </SettingsPage>
    </AdministratorsOnly>
  );
}
