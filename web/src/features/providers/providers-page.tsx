"use client";

import { Plus } from "lucide-react";
import { useState } from "react";

import { EmptyState } from "@/components/empty-state";
import { ErrorPanel } from "@/components/error-panel";
import { SettingsPage } from "@/components/settings-page";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { useMay } from "@/features/access/api";
import { useWords } from "@/lib/i18n/words";

import { useProviders } from "./api";
import { KindPicker } from "./kind-picker";
import { ProviderForm } from "./provider-form";
import { ProviderRow } from "./provider-row";
import type { Kind } from "./providers-api";

/** Where models are called: added, tested, changed and removed by owners, seen by everybody. */
export function ProvidersPage() {
  const words = useWords("settings.providers");
  const settings = useWords("settings");
  const mayManage = useMay("providers.manage");
  const providers = useProviders();
  const [adding, setAdding] = useState<"kind" | Kind | null>(null);
  const [added, setAdded] = useState<string | null>(null);
  const [testing, setTesting] = useState<string | null>(null);
  const taken = providers.data?.map((one) => one.name) ?? [];
  const add = (
    <Button
      variant="primary"
      onClick={() => {
        setAdding("kind");
      }}
    >
      <Plus />
      {words("add")}
    </Button>
  );
  return (
    <SettingsPage
      title={words("title")}
      hint={mayManage ? words("hint") : settings("ownersOnly")}
      action={mayManage ? add : undefined}
    >
      {providers.error === null ? null : (
        <ErrorPanel error={providers.error} onRetry={() => void providers.refetch()} />
      )}
      {providers.data?.length === 0 ? (
        <EmptyState title={words("empty")} actions={mayManage ? add : undefined}>
          {words("emptyHint")}
        </EmptyState>
      ) : null}
      {providers.data !== undefined && providers.data.length > 0 ? (
        <ul className="flex flex-col rounded-md border bg-surface">
          {providers.data.map((provider) => (
            <ProviderRow
              key={provider.id}
              provider={provider}
              mayManage={mayManage}
              taken={taken}
              isTesting={provider.id === testing}
              isNew={provider.id === added}
              onTest={(isTesting) => {
                setTesting(isTesting ? provider.id : null);
              }}
            />
          ))}
        </ul>
      ) : null}
      {adding === "kind" ? (
        <Dialog
          open
          title={words("chooseKind")}
          description={words("chooseKindHint")}
          onOpenChange={() => {
            setAdding(null);
          }}
        >
          <KindPicker onChoose={setAdding} />
        </Dialog>
      ) : null}
      {adding !== null && adding !== "kind" ? (
        <ProviderForm
          kind={adding}
          provider={null}
          taken={taken}
          onBack={() => {
            setAdding("kind");
          }}
          onClose={() => {
            setAdding(null);
          }}
          onSaved={(provider) => {
            setAdding(null);
            setAdded(provider.id);
            setTesting(provider.id);
          }}
        />
      ) : null}
    </SettingsPage>
  );
}
