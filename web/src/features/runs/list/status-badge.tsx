"use client";

import { Badge } from "@/components/ui/badge";
import { useWords } from "@/lib/i18n/words";

import type { RunSummary } from "../list-api";

const TONES = {
  succeeded: "success",
  failed: "danger",
  cancelled: "plain",
  queued: "accent",
  running: "accent",
} as const;

/** How a run ended, or that it goes on. */
export function StatusBadge({ status }: { status: RunSummary["status"] }) {
  const words = useWords("runs");
  return <Badge tone={TONES[status]}>{words(`statuses.${status}`)}</Badge>;
}
