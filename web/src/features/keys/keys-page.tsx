"use client";

import { Plus } from "lucide-react";
import { useState } from "react";

import { ConfirmDialog } from "@/components/confirm-dialog";
import { EmptyState } from "@/components/empty-state";
import { ErrorPanel } from "@/components/error-panel";
import { SettingsPage } from "@/components/settings-page";
import { Button } from "@/components/ui/button";
import { When } from "@/components/when";
import { useMay } from "@/features/access/api";
import { useWords } from "@/lib/i18n/words";
import { useToasts } from "@/lib/toasts";

import { KeyForm } from "./key-form";
import { type KeyCommand, KeyRow } from "./key-row";
import { type ApiKey, type KeyCreated, useKeys, useRevokeKey } from "./keys-api";
import { NewSecret } from "./new-secret";
import { RotateDialog } from "./rotate-dialog";

type Open = { command: "create" } | { command: KeyCommand; apiKey: ApiKey };

/** What calls prompts from code: made, limited, rotated and revoked by owners. */
export function KeysPage() {
  const words = useWords("settings.keys");
  const mayManage = useMay("keys.manage");
  const keys = useKeys(mayManage);
  const [open, setOpen] = useState<Open | null>(null);
  const [made, setMade] = useState<KeyCreated | null>(null);
  const valid = keys.data?.filter((key) => key.revoked_at === null) ?? [];
  const revoked = keys.data?.filter((key) => key.revoked_at !== null) ?? [];
  const close = () => {
    setOpen(null);
  };
  const tell = (created: KeyCreated) => {
    setOpen(null);
    setMade(created);
  };

  if (!mayManage) {
    return (
      <SettingsPage title={words("title")}>
        <EmptyState title={words("forbidden")}>{words("forbiddenHint")}</EmptyState>
      </SettingsPage>
    );
  }
  const add = (
    <Button
      variant="primary"
      onClick={() => {
        setOpen({ command: "create" });
      }}
    >
      <Plus />
      {words("new")}
    </Button>
  );
  const rowsOf = (list: readonly ApiKey[]) => (
    <ul className="flex flex-col rounded-md border bg-surface">
      {list.map((key) => (
        <KeyRow
          key={key.id}
          apiKey={key}
          onCommand={(command) => {
            setOpen({ command, apiKey: key });
          }}
        />
      ))}
    </ul>
  );
  return (
    <SettingsPage title={words("title")} hint={words("hint")} action={add}>
      {keys.error === null ? null : (
        <ErrorPanel error={keys.error} onRetry={() => void keys.refetch()} />
      )}
      {keys.isSuccess && valid.length === 0 ? (
        <EmptyState title={words("empty")} actions={add}>
          {words("emptyHint")}
        </EmptyState>
      ) : null}
      {valid.length > 0 ? rowsOf(valid) : null}
      {revoked.length > 0 ? (
        <details>
          <summary className="cursor-pointer rounded-sm text-sm text-muted">
            {words("revokedKeys", { count: revoked.length })}
          </summary>
          <div className="mt-2">{rowsOf(revoked)}</div>
        </details>
      ) : null}
      {open?.command === "create" ? (
        <KeyForm apiKey={null} onCreated={tell} onClose={close} />
      ) : null}
      {open?.command === "edit" ? (
        <KeyForm apiKey={open.apiKey} onCreated={tell} onClose={close} />
      ) : null}
      {open?.command === "rotate" ? (
        <RotateDialog apiKey={open.apiKey} onRotated={tell} onClose={close} />
      ) : null}
      {open?.command === "revoke" ? <Revoke apiKey={open.apiKey} onClose={close} /> : null}
      {made === null ? null : (
        <NewSecret
          made={made}
          onClose={() => {
            setMade(null);
          }}
        />
      )}
    </SettingsPage>
  );
}

function Revoke({ apiKey, onClose }: { apiKey: ApiKey; onClose: () => void }) {
  const words = useWords("settings.keys");
  const show = useToasts((state) => state.show);
  const revoke = useRevokeKey();
  return (
    <ConfirmDialog
      title={words("revokeTitle", { name: apiKey.name })}
      description={words("revokeHint")}
      action={words("revoke")}
      isPending={revoke.isPending}
      error={revoke.error}
      onClose={onClose}
      onConfirm={() => revoke.mutateAsync(apiKey.id)}
      onDone={() => {
        onClose();
        show(words("revokedNow", { name: apiKey.name }));
      }}
    >
      <p>
        {apiKey.last_used_at === null ? (
          words("neverUsed")
        ) : (
          <>
            {words("lastUsed")} <When at={apiKey.last_used_at} />
          </>
        )}
      </p>
    </ConfirmDialog>
  );
}
