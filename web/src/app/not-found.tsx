"use client";

import { EmptyState } from "@/components/empty-state";
import { Button } from "@/components/ui/button";
import { useWords } from "@/lib/i18n/words";

/** The page of an address at which there is nothing. */
export default function NotFoundPage() {
  const words = useWords("common.notFound");
  return (
    <main>
      <EmptyState
        title={words("title")}
        actions={
          <Button variant="primary" asChild>
            <a href="/prompts">{words("toPrompts")}</a>
          </Button>
        }
      >
        {words("hint")}
      </EmptyState>
    </main>
  );
}
