"use client";

import { useState } from "react";
import { useFormatter } from "use-intl";

import { NativeSelect } from "@/components/ui/input";
import { type Deployment, useReleases } from "@/features/deployments/api";
import { useWords } from "@/lib/i18n/words";

/** Every release of one environment, newest first: which version, by whom, why. */
export function Ledger({ deployments }: { deployments: readonly Deployment[] }) {
  const words = useWords("editor.release");
  const format = useFormatter();
  const [chosen, setChosen] = useState<string | null>(null);
  const deployment = deployments.find((one) => one.id === chosen) ?? deployments[0];
  const releases = useReleases(deployment?.id ?? null);
  if (deployment === undefined) return null;
  return (
    <section aria-label={words("ledger")}>
      <header className="mb-2 flex items-center gap-3">
        <h2 className="font-semibold">{words("ledger")}</h2>
        <NativeSelect
          aria-label={words("environment")}
          className="w-auto"
          value={deployment.id}
          onChange={(event) => {
            setChosen(event.target.value);
          }}
        >
          {deployments.map((one) => (
            <option key={one.id} value={one.id}>
              {one.environment}
            </option>
          ))}
        </NativeSelect>
      </header>
      <ol className="flex flex-col rounded-md border bg-surface">
        {releases.data?.map((release) => (
          <li
            key={release.id}
            className="flex flex-wrap items-baseline gap-x-3 gap-y-0.5 border-b px-3 py-2 text-sm last:border-b-0"
          >
            <span className="font-mono">
              {release.from_version === null ? "" : `${release.from_version} → `}
              {release.to_version}
            </span>
            <span className="text-muted">{words(`kinds.${release.kind}`)}</span>
            <span>{release.actor_name}</span>
            <time className="text-muted" dateTime={release.created_at}>
              {format.dateTime(new Date(release.created_at), {
                dateStyle: "medium",
                timeStyle: "short",
              })}
            </time>
            {release.reason === null ? null : (
              <span className="basis-full text-muted">{release.reason}</span>
            )}
          </li>
        ))}
      </ol>
    </section>
  );
}
