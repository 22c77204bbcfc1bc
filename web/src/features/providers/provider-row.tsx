"use client";

import { MoreHorizontal } from "lucide-react";
import { useState } from "react";

import { ConfirmDialog } from "@/components/confirm-dialog";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Menu, MenuItem } from "@/components/ui/menu";
import { useWords } from "@/lib/i18n/words";
import { useToasts } from "@/lib/toasts";

import type { Provider } from "./api";
import { kindName } from "./kinds";
import { ProviderForm } from "./provider-form";
import { ProviderTest } from "./provider-test";
import { useDeleteProvider, useKinds } from "./providers-api";

type Props = {
  provider: Provider;
  mayManage: boolean;
  taken: readonly string[];
  isTesting: boolean;
  /** Whether its first test runs by itself. */
  isNew: boolean;
  onTest: (isTesting: boolean) => void;
};

/** One provider: how it is called, what is stored of its key, and a test of it. */
export function ProviderRow({ provider, mayManage, taken, isTesting, isNew, onTest }: Props) {
  const words = useWords("settings.providers");
  const common = useWords("common");
  const show = useToasts((state) => state.show);
  const kinds = useKinds();
  const remove = useDeleteProvider();
  const [open, setOpen] = useState<"edit" | "remove" | null>(null);
  const kind = kinds.data?.find((one) => one.kind === provider.kind);
  const close = () => {
    setOpen(null);
  };
  return (
    <li className="flex flex-col gap-3 border-b p-3 last:border-b-0">
      <div className="flex flex-wrap items-start gap-x-3 gap-y-2">
        <div className="min-w-0 flex-1 basis-60">
          <p className="flex flex-wrap items-center gap-2">
            <span className="font-mono font-medium">{provider.name}</span>
            <span className="text-sm text-muted">
              {kindName(provider.kind, (own) => words(`kinds.${own}`))}
            </span>
            <Badge>{words(`laneNames.${provider.lane}`)}</Badge>
          </p>
          {provider.base_url === null ? null : (
            <p className="truncate font-mono text-xs text-muted">{provider.base_url}</p>
          )}
          <Stored provider={provider} />
        </div>
        {mayManage ? (
          <div className="flex gap-1">
            <Button
              size="sm"
              aria-expanded={isTesting}
              aria-label={words("testOf", { name: provider.name })}
              onClick={() => {
                onTest(!isTesting);
              }}
            >
              {words("test")}
            </Button>
            <Menu
              trigger={
                <Button
                  size="icon-sm"
                  variant="ghost"
                  aria-label={words("actionsOf", { name: provider.name })}
                >
                  <MoreHorizontal />
                </Button>
              }
            >
              <MenuItem
                disabled={kind === undefined}
                onSelect={() => {
                  setOpen("edit");
                }}
              >
                {words("edit")}
              </MenuItem>
              <MenuItem
                onSelect={() => {
                  setOpen("remove");
                }}
              >
                {words("remove")}
              </MenuItem>
            </Menu>
          </div>
        ) : null}
      </div>
      {isTesting && mayManage ? (
        <ProviderTest
          provider={provider}
          startsAtOnce={isNew}
          onReplaceKey={() => {
            setOpen("edit");
          }}
        />
      ) : null}
      {open === "edit" && kind !== undefined ? (
        <ProviderForm
          kind={kind}
          provider={provider}
          taken={taken}
          onClose={close}
          onSaved={() => {
            close();
            show(words("saved", { name: provider.name }));
          }}
        />
      ) : null}
      {open === "remove" ? (
        <ConfirmDialog
          title={words("removeTitle", { name: provider.name })}
          description={words("removeHint", { name: provider.name })}
          action={common("delete")}
          isPending={remove.isPending}
          error={remove.error}
          onClose={close}
          onConfirm={() => remove.mutateAsync(provider.id)}
          onDone={() => {
            show(words("removed", { name: provider.name }));
          }}
        />
      ) : null}
    </li>
  );
}

/** What is stored of the credentials: the last characters of each field, never more. */
function Stored({ provider }: { provider: Provider }) {
  const words = useWords("settings.providers");
  const entries = Object.entries(provider.credentials);
  if (provider.kind === "local") return <p className="text-sm text-muted">{words("localHint")}</p>;
  if (entries.length === 0) return <Badge tone="warning">{words("noKey")}</Badge>;
  return (
    <p className="flex flex-wrap gap-x-3 text-xs text-muted">
      {entries.map(([name, shown]) => (
        <span key={name} className="font-mono">
          {name} {shown === "" ? "••••" : `••••${shown}`}
        </span>
      ))}
    </p>
  );
}
