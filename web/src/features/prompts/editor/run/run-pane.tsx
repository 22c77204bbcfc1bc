"use client";

import { Columns2 } from "lucide-react";

import { Button } from "@/components/ui/button";
import { cn } from "@/lib/class-names";
import { useWords } from "@/lib/i18n/words";

import { OpenRun } from "./open-run";
import { useRuns, useRunScope } from "./run-scope";
import { MAX_VARIANTS } from "./run-store";
import { VariantColumn } from "./variant-column";

/** What the model answers, in up to four variants side by side with the same values. */
export function RunPane() {
  const words = useWords("editor.run");
  const { store } = useRunScope();
  const variants = useRuns((state) => state.variants);
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <div className="flex flex-wrap items-center gap-2 border-b px-3 py-1.5">
        {variants.length < MAX_VARIANTS ? (
          <Button
            size="sm"
            onClick={() => {
              store.getState().addVariant();
            }}
          >
            <Columns2 />
            {words("compare")}
          </Button>
        ) : null}
        <div className="flex-1" />
        <OpenRun />
      </div>
      <div className={cn("grid min-h-0 flex-1 auto-rows-fr overflow-auto", GRIDS[variants.length])}>
        {variants.map((variant, index) => (
          <VariantColumn key={variant.key} variant={variant} letter={"ABCD"[index] ?? "A"} />
        ))}
      </div>
    </div>
  );
}

const GRIDS: Record<number, string> = {
  1: "grid-cols-1",
  2: "grid-cols-1 sm:grid-cols-2",
  3: "grid-cols-1 sm:grid-cols-2",
  4: "grid-cols-1 sm:grid-cols-2",
};
