"use client";

import { Command } from "cmdk";

import { ErrorPanel } from "@/components/error-panel";
import { useWords } from "@/lib/i18n/words";

import { kindName } from "./kinds";
import { type Kind, useKinds } from "./providers-api";

const LANES = ["direct", "adaptor"] as const;

/** Every kind of provider, found by typing; those that are called directly come first. */
export function KindPicker({ onChoose }: { onChoose: (kind: Kind) => void }) {
  const words = useWords("settings.providers");
  const kinds = useKinds();
  const nameOf = (kind: Kind) => kindName(kind.kind, (own) => words(`kinds.${own}`));
  if (kinds.error !== null) {
    return <ErrorPanel error={kinds.error} onRetry={() => void kinds.refetch()} />;
  }
  return (
    <Command label={words("chooseKind")} className="flex flex-col gap-2">
      <Command.Input
        // The dialog opens to choose a kind by typing.
        // eslint-disable-next-line jsx-a11y/no-autofocus
        autoFocus
        placeholder={words("searchKinds")}
        className="h-9 w-full rounded-md border border-strong-border/60 bg-surface px-2.5 text-sm placeholder:text-muted"
      />
      <Command.List className="h-80 overflow-auto rounded-md border p-1">
        <Command.Empty className="p-4 text-center text-sm text-muted">
          {words("noKind")}
        </Command.Empty>
        {LANES.map((lane) => (
          <Command.Group
            key={lane}
            heading={
              <span className="block px-2 py-1 text-xs text-muted">{words(`lanes.${lane}`)}</span>
            }
          >
            {kinds.data
              ?.filter((kind) => kind.lane === lane)
              .map((kind) => (
                <Command.Item
                  key={kind.kind}
                  value={`${nameOf(kind)} ${kind.kind}`}
                  className="flex cursor-default items-center gap-2 rounded-sm px-2 py-1.5 text-sm data-[selected=true]:bg-accent-soft data-[selected=true]:text-accent-text"
                  onSelect={() => {
                    onChoose(kind);
                  }}
                >
                  <span className="min-w-0 flex-1 truncate">{nameOf(kind)}</span>
                  <code className="text-xs text-muted">{kind.kind}</code>
                </Command.Item>
              ))}
          </Command.Group>
        ))}
      </Command.List>
    </Command>
  );
}
