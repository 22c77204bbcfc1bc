"use client";

import type { ReactNode } from "react";

import { useWords } from "@/lib/i18n/words";

import { ErrorPanel } from "./error-panel";
import { Button } from "./ui/button";
import { Dialog } from "./ui/dialog";

type Props = {
  title: ReactNode;
  description: ReactNode;
  /** What the button does, as a verb. */
  action: string;
  isDestructive?: boolean;
  isPending: boolean;
  error: unknown;
  onConfirm: () => void;
  onClose: () => void;
  children?: ReactNode;
};

/** Asks before something that cannot be taken back, and says what it destroys. */
export function ConfirmDialog(props: Props) {
  const common = useWords("common");
  return (
    <Dialog
      open
      onOpenChange={props.onClose}
      title={props.title}
      description={props.description}
      footer={
        <>
          <Button onClick={props.onClose}>{common("cancel")}</Button>
          <Button
            variant={props.isDestructive === false ? "primary" : "danger"}
            disabled={props.isPending}
            onClick={props.onConfirm}
          >
            {props.action}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-3 text-sm empty:hidden">
        {props.children}
        {props.error === null ? null : <ErrorPanel error={props.error} />}
      </div>
    </Dialog>
  );
}
