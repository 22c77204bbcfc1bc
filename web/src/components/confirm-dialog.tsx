"use client";

import { type ReactNode, useId } from "react";

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
  /** Does it. What it throws stands in `error`. */
  onConfirm: () => Promise<unknown>;
  /** Called when it is done, also where what was asked about is not on the page any more. */
  onDone: () => void;
  onClose: () => void;
  children?: ReactNode;
};

/** Asks before something that cannot be taken back, and says what it destroys. */
export function ConfirmDialog(props: Props) {
  const common = useWords("common");
  const id = useId();
  return (
    <Dialog
      open
      onOpenChange={props.onClose}
      title={props.title}
      footer={
        <>
          <Button onClick={props.onClose}>{common("cancel")}</Button>
          <Button
            variant={props.isDestructive === false ? "primary" : "danger"}
            disabled={props.isPending}
            aria-describedby={id}
            onClick={() => {
              void props.onConfirm().then(props.onDone, () => undefined);
            }}
          >
            {props.action}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-3 text-sm">
        <p id={id}>{props.description}</p>
        {props.children}
        {props.error === null ? null : <ErrorPanel error={props.error} />}
      </div>
    </Dialog>
  );
}
