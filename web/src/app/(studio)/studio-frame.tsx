"use client";

import dynamic from "next/dynamic";
import { type ReactNode, useEffect, useState } from "react";

import { AppShell } from "@/features/access/app-shell";
import { SessionGate } from "@/features/access/session-gate";

const CommandPalette = dynamic(
  async () => (await import("@/features/prompts/command-palette")).CommandPalette,
  { ssr: false },
);

/** Everything behind the sign-in: the frame of the page, and the palette on Ctrl or Command + K. */
export function StudioFrame({ children }: { children: ReactNode }) {
  const [isPaletteOpen, setPaletteOpen] = useState(false);

  useEffect(() => {
    function listen(event: KeyboardEvent) {
      if ((event.metaKey || event.ctrlKey) && !event.altKey && event.key.toLowerCase() === "k") {
        event.preventDefault();
        setPaletteOpen((isOpen) => !isOpen);
      }
    }
    // While Monaco has the focus it would take the chord for itself.
    window.addEventListener("keydown", listen, { capture: true });
    return () => {
      window.removeEventListener("keydown", listen, { capture: true });
    };
  }, []);

  return (
    <SessionGate>
      <AppShell
        onSearch={() => {
          setPaletteOpen(true);
        }}
      >
        {children}
      </AppShell>
      {isPaletteOpen ? (
        <CommandPalette
          onClose={() => {
            setPaletteOpen(false);
          }}
        />
      ) : null}
    </SessionGate>
  );
}
