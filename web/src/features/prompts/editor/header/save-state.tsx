"use client";

import { Check, CircleDot, CloudOff, LoaderCircle, TriangleAlert } from "lucide-react";

import { Hint } from "@/components/ui/hint";
import { useErrorSentence } from "@/lib/i18n/error-words";
import { useWords } from "@/lib/i18n/words";

import { useEditorScope } from "../editor-scope";
import { type SaveStatus, useEditor } from "../store";

const ICONS: Record<SaveStatus, typeof Check> = {
  saved: Check,
  unsaved: CircleDot,
  saving: LoaderCircle,
  failed: TriangleAlert,
  offline: CloudOff,
  conflict: TriangleAlert,
};

/** Whether the text is with the server; in a failure, why not, and that it is kept here. */
export function SaveState() {
  const words = useWords("editor.save");
  const sentence = useErrorSentence();
  const { isReadOnly, saving } = useEditorScope();
  const status = useEditor((state) => state.status);
  const error = useEditor((state) => state.error);
  const edit = useEditor((state) => state.base.edit);
  if (isReadOnly) return <p className="text-xs text-muted">{words("readOnly")}</p>;
  const Icon = ICONS[status];
  const shown =
    status === "saved" && edit === null ? words("noDraft") : words(`statuses.${status}`);
  const isWrong = status === "failed" || status === "offline" || status === "conflict";
  const label = (
    <button
      type="button"
      data-testid="save-state"
      data-status={status}
      className={`flex items-center gap-1 rounded-sm px-1 text-xs ${isWrong ? "text-warning" : "text-muted"}`}
      onClick={() => void saving.flush()}
    >
      <Icon className={`size-3.5 ${status === "saving" ? "animate-spin" : ""}`} aria-hidden />
      <span aria-live="polite">{shown}</span>
    </button>
  );
  if (status !== "failed" && status !== "offline") return label;
  return <Hint text={`${sentence(error)} ${words("keptHere")}`}>{label}</Hint>;
}
