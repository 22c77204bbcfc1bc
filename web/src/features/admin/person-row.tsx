"use client";

import { MoreHorizontal } from "lucide-react";
import { useState } from "react";

import { ConfirmDialog } from "@/components/confirm-dialog";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Menu, MenuItem } from "@/components/ui/menu";
import { When } from "@/components/when";
import { useSession } from "@/features/access/api";
import { asApiError } from "@/lib/api/api-error";
import { useWords } from "@/lib/i18n/words";
import { useToasts } from "@/lib/toasts";

import { type Person, useResetLink, useUpdateUser } from "./admin-api";
import type { MadeLink } from "./user-form";

type Command = "reset" | "promote" | "demote" | "disable" | "enable";
type Props = { person: Person; onLink: (link: MadeLink) => void };

const CHANGES = {
  promote: { is_instance_admin: true },
  demote: { is_instance_admin: false },
  disable: { disabled: true },
  enable: { disabled: false },
} as const;

/** What can be done about a person, by what they are. */
function commandsFor(person: Person): Command[] {
  if (person.disabled) return ["enable"];
  return ["reset", person.is_instance_admin ? "demote" : "promote", "disable"];
}

/** One person of the installation; each change says first what it means. */
export function PersonRow({ person, onLink }: Props) {
  const words = useWords("settings.admin");
  const show = useToasts((state) => state.show);
  const { data } = useSession();
  const update = useUpdateUser();
  const reset = useResetLink();
  const [asked, setAsked] = useState<Command | null>(null);
  const { name } = person;
  const failure = asked === "reset" ? reset.error : update.error;
  const isLast = failure !== null && asApiError(failure).code === "last_administrator";

  async function confirm() {
    if (asked === null) return;
    if (asked === "reset") {
      const made = await reset.mutateAsync(person.id);
      onLink({ email: person.email ?? name, url: made.url, mailed: made.mailed });
    } else {
      await update.mutateAsync({ id: person.id, body: CHANGES[asked] });
      show(words("changed", { name }));
    }
  }

  return (
    <li className="flex items-start gap-3 border-b p-3 last:border-b-0" data-testid="person">
      <div className="flex min-w-0 flex-1 flex-col gap-0.5">
        <p className="flex flex-wrap items-center gap-2">
          <span className="font-medium break-words">{name}</span>
          {data?.user.id === person.id ? <Badge>{words("you")}</Badge> : null}
          {person.is_instance_admin ? <Badge tone="accent">{words("administrator")}</Badge> : null}
          {person.disabled ? <Badge tone="danger">{words("disabled")}</Badge> : null}
        </p>
        <p className="truncate text-sm text-muted">{person.email ?? words("noEmail")}</p>
        <p className="text-xs text-muted">
          {person.signed_in_at === null ? (
            words("neverSignedIn")
          ) : (
            <>
              {words("signedIn")} <When at={person.signed_in_at} />
            </>
          )}
        </p>
      </div>
      <Menu
        trigger={
          <Button size="icon-sm" variant="ghost" aria-label={words("actionsOf", { name })}>
            <MoreHorizontal />
          </Button>
        }
      >
        {commandsFor(person).map((command) => (
          <MenuItem
            key={command}
            onSelect={() => {
              update.reset();
              reset.reset();
              setAsked(command);
            }}
          >
            {words(`commands.${command}.button`)}
          </MenuItem>
        ))}
      </Menu>
      {asked === null ? null : (
        <ConfirmDialog
          title={words(`commands.${asked}.title`, { name })}
          description={isLast ? words("lastAdministrator") : words(`commands.${asked}.hint`)}
          action={words(`commands.${asked}.button`)}
          isDestructive={asked === "disable" || asked === "demote"}
          isPending={update.isPending || reset.isPending}
          error={isLast ? null : failure}
          onClose={() => {
            setAsked(null);
          }}
          onConfirm={confirm}
          onDone={() => {
            setAsked(null);
          }}
        />
      )}
    </li>
  );
}
