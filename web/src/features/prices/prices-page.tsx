"use client";

import { MoreHorizontal, Plus } from "lucide-react";
import { useState } from "react";
import { useFormatter, useNow } from "use-intl";

import { ConfirmDialog } from "@/components/confirm-dialog";
import { EmptyState } from "@/components/empty-state";
import { ErrorPanel } from "@/components/error-panel";
import { SettingsPage } from "@/components/settings-page";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Menu, MenuItem } from "@/components/ui/menu";
import { useMay } from "@/features/access/api";
import { useModels } from "@/features/providers/api";
import { useWords } from "@/lib/i18n/words";
import { useToasts } from "@/lib/toasts";

import { PriceForm } from "./price-form";
import { type PriceState, statesOf } from "./price-values";
import { type Price, useDeletePrice, usePrices } from "./prices-api";
import { RatesText } from "./rates";

type Command = "change" | "end" | "delete";
type Open = { command: "add" } | { command: Command; price: Price };
const COMMANDS = ["change", "end", "delete"] as const;
const TONES = { now: "success", later: "accent", before: "plain" } as const;

/** What models cost this project where it is not the list price, each from a day on. */
export function PricesPage() {
  const words = useWords("settings.prices");
  const settings = useWords("settings");
  const mayManage = useMay("providers.manage");
  const prices = usePrices();
  const now = useNow({ updateInterval: 60_000 });
  const [open, setOpen] = useState<Open | null>(null);
  const rows = prices.data?.pages.flatMap((page) => page.data) ?? [];
  const states = statesOf(rows, now);
  const close = () => {
    setOpen(null);
  };
  const add = (
    <Button
      variant="primary"
      onClick={() => {
        setOpen({ command: "add" });
      }}
    >
      <Plus />
      {words("new")}
    </Button>
  );
  return (
    <SettingsPage
      title={words("title")}
      hint={mayManage ? words("hint") : settings("ownersOnly")}
      action={mayManage ? add : undefined}
    >
      {prices.error === null ? null : (
        <ErrorPanel error={prices.error} onRetry={() => void prices.refetch()} />
      )}
      {prices.isSuccess && rows.length === 0 ? (
        <EmptyState title={words("empty")} actions={mayManage ? add : undefined}>
          {words("emptyHint")}
        </EmptyState>
      ) : null}
      <ul className="flex flex-col rounded-md border bg-surface empty:hidden">
        {rows.map((price) => (
          <Row
            key={price.id}
            price={price}
            state={states.get(price.id) ?? "before"}
            mayManage={mayManage}
            onCommand={(command) => {
              setOpen({ command, price });
            }}
          />
        ))}
      </ul>
      {prices.hasNextPage ? (
        <Button
          className="self-center"
          disabled={prices.isFetchingNextPage}
          onClick={() => void prices.fetchNextPage()}
        >
          {settings("loadMore")}
        </Button>
      ) : null}
      {open?.command === "add" ? <PriceForm from={null} onClose={close} /> : null}
      {open?.command === "change" || open?.command === "end" ? (
        <PriceForm from={{ price: open.price, isEnd: open.command === "end" }} onClose={close} />
      ) : null}
      {open?.command === "delete" ? <Delete price={open.price} onClose={close} /> : null}
    </SettingsPage>
  );
}

type RowProps = {
  price: Price;
  state: PriceState;
  mayManage: boolean;
  onCommand: (command: Command) => void;
};

function Row({ price, state, mayManage, onCommand }: RowProps) {
  const words = useWords("settings.prices");
  const format = useFormatter();
  const models = useModels();
  const name = `${price.provider}/${price.model}`;
  const known = models.data?.find((one) => one.model === name);
  return (
    <li className="flex items-start gap-3 border-b p-3 last:border-b-0" data-testid="price">
      <div className="flex min-w-0 flex-1 flex-col gap-0.5">
        <p className="flex flex-wrap items-center gap-2">
          <span className="font-mono font-medium break-all">{name}</span>
          <Badge tone={TONES[state]}>{words(`states.${state}`)}</Badge>
        </p>
        <p className="text-sm">
          <RatesText rates={price.prices} />
        </p>
        <p className="text-xs text-muted">
          {words("from", {
            time: format.dateTime(new Date(price.starts_at), {
              dateStyle: "medium",
              timeStyle: "short",
            }),
          })}
          {state === "later" && known?.price_source === "litellm" ? (
            <>
              {" · "}
              {words("tableNow")} <RatesText rates={known.prices} />
            </>
          ) : null}
        </p>
      </div>
      {mayManage ? (
        <Menu
          trigger={
            <Button size="icon-sm" variant="ghost" aria-label={words("actionsOf", { name })}>
              <MoreHorizontal />
            </Button>
          }
        >
          {COMMANDS.filter((command) => command !== "end" || state === "now").map((command) => (
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
      ) : null}
    </li>
  );
}

function Delete({ price, onClose }: { price: Price; onClose: () => void }) {
  const words = useWords("settings.prices");
  const common = useWords("common");
  const show = useToasts((state) => state.show);
  const remove = useDeletePrice();
  const name = `${price.provider}/${price.model}`;
  return (
    <ConfirmDialog
      title={words("deleteTitle", { name })}
      description={words("deleteHint")}
      action={common("delete")}
      isPending={remove.isPending}
      error={remove.error}
      onClose={onClose}
      onConfirm={() => remove.mutateAsync(price.id)}
      onDone={() => {
        onClose();
        show(words("deleted", { name }));
      }}
    />
  );
}
