"use client";

import { CircleCheck, CircleMinus, CircleX, TriangleAlert } from "lucide-react";
import { useFormatter } from "use-intl";

import { ErrorPanel } from "@/components/error-panel";
import { SettingsPage } from "@/components/settings-page";
import { Badge } from "@/components/ui/badge";
import { useWords } from "@/lib/i18n/words";

import { type PartHealth, useInstanceSettings, useIsAdministrator, useParts } from "./admin-api";
import { AdministratorsOnly } from "./administrators-only";

const TONES = { ok: "success", degraded: "warning", down: "danger", off: "plain" } as const;
const ICONS = {
  ok: CircleCheck,
  degraded: TriangleAlert,
  down: CircleX,
  off: CircleMinus,
} as const;

/** How each part of the installation is, and what is wrong with it in a sentence. */
export function HealthPage() {
  const words = useWords("settings.admin");
  const isAdministrator = useIsAdministrator();
  const parts = useParts(isAdministrator);
  const settings = useInstanceSettings(isAdministrator);
  return (
    <AdministratorsOnly title={words("healthTitle")}>
      <SettingsPage title={words("healthTitle")} hint={words("healthHint")}>
        {parts.error === null ? null : (
          <ErrorPanel error={parts.error} onRetry={() => void parts.refetch()} />
        )}
        {parts.data === undefined ? null : (
          <>
            <p role="status" className="font-medium">
              {words(`overall.${parts.data.status}`)}
            </p>
            <ul className="flex flex-col rounded-md border bg-surface">
              {parts.data.parts.map((part) => (
                <Part key={part.name} part={part} />
              ))}
            </ul>
          </>
        )}
        {settings.data === undefined ? null : (
          <details className="text-sm">
            <summary className="cursor-pointer rounded-sm text-muted">
              {words("settingsOf", { version: settings.data.version })}
            </summary>
            <dl className="mt-2 flex flex-col rounded-md border bg-surface">
              {settings.data.settings.map(({ name, value, source }) => (
                <div
                  key={name}
                  className="flex flex-wrap gap-x-3 border-b px-3 py-1.5 last:border-b-0"
                >
                  <dt className="font-mono text-xs leading-5">{name}</dt>
                  <dd className="min-w-0 flex-1 font-mono text-xs leading-5 break-all text-muted">
                    {value ?? words("notSet")}
                  </dd>
                  {source === "environment" ? <Badge>{words("fromEnvironment")}</Badge> : null}
                </div>
              ))}
            </dl>
          </details>
        )}
      </SettingsPage>
    </AdministratorsOnly>
  );
}

function Part({ part }: { part: PartHealth }) {
  const words = useWords("settings.admin");
  const format = useFormatter();
  const Icon = ICONS[part.status];
  const facts = Object.entries(part.facts).filter(([, value]) => value !== null);
  return (
    <li className="flex flex-col gap-1 border-b p-3 text-sm last:border-b-0" data-testid="part">
      <p className="flex flex-wrap items-center gap-2">
        <span className="font-medium">{words(`parts.${part.name}`)}</span>
        <Badge tone={TONES[part.status]}>
          <Icon aria-hidden />
          {words(`partStates.${part.status}`)}
        </Badge>
      </p>
      {part.problem === null ? null : <p className="break-words">{part.problem}</p>}
      {facts.length === 0 ? null : (
        <dl className="flex flex-wrap gap-x-4 gap-y-0.5 text-xs text-muted">
          {facts.map(([name, value]) => (
            <div key={name} className="flex gap-1">
              <dt className="font-mono">{name}</dt>
              <dd className="break-all tabular-nums">
                {typeof value === "number" ? format.number(value) : value}
              </dd>
            </div>
          ))}
        </dl>
      )}
    </li>
  );
}
