"use client";

import { Bookmark } from "lucide-react";
import dynamic from "next/dynamic";

import { Button } from "@/components/ui/button";
import { Popover } from "@/components/ui/popover";
import { useWords } from "@/lib/i18n/words";

const Samples = dynamic(async () => (await import("./samples")).Samples, { ssr: false });

/** Opens the saved samples of the prompt. */
export function SampleMenu() {
  const words = useWords("editor.samples");
  return (
    <Popover
      label={words("title")}
      trigger={
        <Button variant="ghost" size="sm">
          <Bookmark />
          {words("title")}
        </Button>
      }
    >
      <Samples />
    </Popover>
  );
}
