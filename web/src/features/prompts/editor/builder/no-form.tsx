"use client";

import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { useWords } from "@/lib/i18n/words";

/** Says why a text cannot be shown as a form. */
export function NoForm({ onClose }: { onClose: () => void }) {
  const words = useWords("editor");
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={words("noFormTitle")}
      description={words("noForm")}
      footer={
        <Button variant="primary" onClick={onClose}>
          {words("stayInCode")}
        </Button>
      }
    >
      <p className="text-sm">{words("noFormHint")}</p>
    </Dialog>
  );
}
