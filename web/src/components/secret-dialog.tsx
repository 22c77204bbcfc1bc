"use client";

import type { ReactNode } from "react";

import { useWords } from "@/lib/i18n/words";

import { CopyButton } from "./copy-button";
import { Button } from "./ui/button";
import { Dialog } from "./ui/dialog";
import { Textarea } from "./ui/input";

type Props = {
  title: ReactNode;
  description: ReactNode;
  /** What the secret is called, for people who listen to the page. */
  label: string;
  secret: string;
  done: string;
  onClose: () => void;
  children?: ReactNode;
};

/** Shows a secret this once; the way out is a decision, since there is no way back. */
export function SecretDialog(props: Props) {
  const common = useWords("common");
  return (
    <Dialog
      open
      persistent
      onOpenChange={props.onClose}
      title={props.title}
      description={props.description}
      footer={
        <Button variant="primary" onClick={props.onClose}>
          {props.done}
        </Button>
      }
    >
      <div className="flex flex-col gap-4">
        <div className="flex items-center gap-2 rounded-md border border-warning/60 bg-warning-soft py-1 pr-1 pl-3">
          <Textarea
            readOnly
            aria-label={props.label}
            rows={2}
            value={props.secret}
            className="min-h-0 resize-none border-0 bg-transparent px-0 font-mono break-all"
            onFocus={(event) => {
              event.target.select();
            }}
          />
          <CopyButton text={props.secret} label={common("copy")} />
        </div>
        {props.children}
      </div>
    </Dialog>
  );
}
