"use client";

import { MoreHorizontal } from "lucide-react";
import { useFormatter, useNow } from "use-intl";

import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Menu, MenuItem } from "@/components/ui/menu";
import { When } from "@/components/when";
import { useWords } from "@/lib/i18n/words";

import { stateOf } from "./key-values";
import type { ApiKey } from "./keys-api";
import { PromptName } from "./prompt-name";

export type KeyCommand = "edit" | "rotate" | "revoke";
type Props = { apiKey: ApiKey; onCommand: (command: KeyCommand) => void };

const TONES = {
  active: "success",
  expiring: "warning",
  expired: "danger",
  revoked: "plain",
} as const;

/** One key: what it may do, how much, and when it was used; never its text. */
export function KeyRow({ apiKey, onCommand }: Props) {
  const words = useWords("settings.keys");
  const now = useNow({ updateInterval: 30_000 });
  const state = stateOf(apiKey, now);
  return (
    <li className="flex items-start gap-3 border-b p-3 last:border-b-0" data-testid="api-key">
      <div className="flex min-w-0 flex-1 flex-col gap-1">
        <p className="flex flex-wrap items-center gap-x-2 gap-y-1">
          <span className="font-medium break-words">{apiKey.name}</span>
          <code className="text-xs text-muted">
            {apiKey.prefix}…{apiKey.last4}
          </code>
          <Badge tone={TONES[state]}>{words(`states.${state}`)}</Badge>
          {apiKey.scopes.map((scope) => (
            <Badge key={scope} title={words(`scopes.${scope}.hint`)}>
              {words(`scopes.${scope}.title`)}
            </Badge>
          ))}
        </p>
        <Limits apiKey={apiKey} />
        <Reach apiKey={apiKey} />
        <p className="flex flex-wrap gap-x-3 text-xs text-muted">
          <span>
            {apiKey.last_used_at === null ? (
              words("neverUsed")
            ) : (
              <>
                {words("lastUsed")} <When at={apiKey.last_used_at} />
              </>
            )}
          </span>
          {state === "revoked" || apiKey.expires_at === null ? null : (
            <span>
              {state === "expired" ? words("endedAt") : words("endsAt")}{" "}
              <When at={apiKey.expires_at} />
            </span>
          )}
          {apiKey.revoked_at === null ? null : (
            <span>
              {words("revokedAt")} <When at={apiKey.revoked_at} />
            </span>
          )}
          {state !== "revoked" &&
          apiKey.previous_until !== null &&
          new Date(apiKey.previous_until) > now ? (
            <span className="text-warning">
              {words("previousUntil")} <When at={apiKey.previous_until} />
            </span>
          ) : null}
        </p>
      </div>
      {state === "revoked" ? null : (
        <Menu
          trigger={
            <Button
              size="icon-sm"
              variant="ghost"
              aria-label={words("actionsOf", { name: apiKey.name })}
            >
              <MoreHorizontal />
            </Button>
          }
        >
          {(["edit", "rotate", "revoke"] as const).map((command) => (
            <MenuItem
              key={command}
              onSelect={() => {
                onCommand(command);
              }}
            >
              {words(`commands.${command}`)}
            </MenuItem>
          ))}
        </Menu>
      )}
    </li>
  );
}

function Limits({ apiKey }: { apiKey: ApiKey }) {
  const words = useWords("settings.keys.shown");
  const format = useFormatter();
  const parts = [
    words("requests", { count: format.number(apiKey.requests_per_minute) }),
    ...(apiKey.burst === apiKey.requests_per_minute
      ? []
      : [words("burst", { count: format.number(apiKey.burst) })]),
    ...(apiKey.tokens_per_minute === null
      ? []
      : [words("tokens", { count: format.number(apiKey.tokens_per_minute) })]),
    ...(apiKey.concurrent_runs === null
      ? []
      : [words("atOnce", { count: format.number(apiKey.concurrent_runs) })]),
  ];
  return <p className="text-sm tabular-nums">{parts.join(" · ")}</p>;
}

function Reach({ apiKey }: { apiKey: ApiKey }) {
  const words = useWords("settings.keys.shown");
  if (apiKey.prompts === null && apiKey.environments === null) return null;
  return (
    <p className="flex flex-wrap items-center gap-1 text-sm">
      {apiKey.prompts === null ? null : (
        <>
          <span className="text-muted">{words("onlyPrompts")}</span>
          {apiKey.prompts.length === 0 ? words("nothing") : null}
          {apiKey.prompts.map((id) => (
            <Badge key={id}>
              <span className="truncate">
                <PromptName id={id} />
              </span>
            </Badge>
          ))}
        </>
      )}
      {apiKey.environments === null ? null : (
        <>
          <span className="text-muted">{words("onlyEnvironments")}</span>
          {apiKey.environments.length === 0 ? words("nothing") : null}
          {apiKey.environments.map((name) => (
            <Badge key={name}>{name}</Badge>
          ))}
        </>
      )}
    </p>
  );
}
