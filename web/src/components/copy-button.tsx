"use client";

import { Check, Copy } from "lucide-react";
import { useState } from "react";

import { useWords } from "@/lib/i18n/words";

import { Button } from "./ui/button";

/** Copies a text; says so for a moment. */
export function CopyButton({ text, label }: { text: string; label?: string }) {
  const words = useWords("common");
  const [isCopied, setCopied] = useState(false);
  return (
    <Button
      variant="ghost"
      size={label === undefined ? "icon-sm" : "sm"}
      aria-label={isCopied ? words("copied") : (label ?? words("copy"))}
      onClick={() => {
        void navigator.clipboard.writeText(text).then(() => {
          setCopied(true);
          setTimeout(() => {
            setCopied(false);
          }, 1500);
        });
      }}
    >
      {isCopied ? <Check /> : <Copy />}
      {label}
    </Button>
  );
}
