"use client";

import { type FormEvent, type ReactNode, useId, useState } from "react";

import { useLeaveWarning } from "@/hooks/use-leave-warning";
import { useWords } from "@/lib/i18n/words";

import { Button } from "./ui/button";
import { Dialog } from "./ui/dialog";

type Props = {
  title: ReactNode;
  description?: ReactNode;
  /** What the button does, as a verb. */
  action: string;
  isDirty: boolean;
  isPending: boolean;
  /** Sends the form; what it throws is shown by the form itself. */
  onSubmit: () => Promise<unknown>;
  onClose: () => void;
  children: ReactNode;
  back?: ReactNode;
};

/** A form in a dialog. Closing it with something written in it asks first. */
export function FormDialog(props: Props) {
  const common = useWords("common");
  const id = useId();
  const [isAsking, setAsking] = useState(false);
  useLeaveWarning(props.isDirty, common("discardQuestion"));

  function close() {
    if (props.isDirty && !isAsking) setAsking(true);
    else props.onClose();
  }

  function submit(event: FormEvent) {
    event.preventDefault();
    // A dialog stands in the page's tree: its form may not send another one around it.
    event.stopPropagation();
    setAsking(false);
    void props.onSubmit().catch(() => undefined);
  }

  return (
    <Dialog
      open
      onOpenChange={close}
      title={props.title}
      {...(props.description === undefined ? {} : { description: props.description })}
      footer={
        isAsking ? (
          <div role="alert" className="flex w-full flex-wrap items-center justify-end gap-2">
            <p className="min-w-0 flex-1 text-sm">{common("discardQuestion")}</p>
            <Button
              // The question is answered where the focus was.
              // eslint-disable-next-line jsx-a11y/no-autofocus
              autoFocus
              onClick={() => {
                setAsking(false);
              }}
            >
              {common("keepEditing")}
            </Button>
            <Button variant="danger" onClick={props.onClose}>
              {common("discard")}
            </Button>
          </div>
        ) : (
          <>
            {props.back}
            <Button onClick={close}>{common("cancel")}</Button>
            <Button variant="primary" type="submit" form={id} disabled={props.isPending}>
              {props.action}
            </Button>
          </>
        )
      }
    >
      <form id={id} noValidate className="flex flex-col gap-4" onSubmit={submit}>
        {props.children}
      </form>
    </Dialog>
  );
}
