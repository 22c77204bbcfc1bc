"use client";

import { useSyncExternalStore } from "react";

function subscribe(): () => void {
  return () => undefined;
}

/** Whether this is an Apple keyboard, where the command key is meant. */
export function useIsApple(): boolean {
  return useSyncExternalStore(
    subscribe,
    () => /mac|iphone|ipad/i.test(navigator.platform),
    () => false,
  );
}

/** A shortcut as it stands on the keyboard, "Mod" for Ctrl or Command. */
export function KeyHint({ keys }: { keys: string }) {
  const isApple = useIsApple();
  const shown = isApple
    ? keys.replace("Mod+", "⌘").replace("Shift+", "⇧").replace("Enter", "⏎")
    : keys.replace("Mod", "Ctrl").replace("Enter", "⏎");
  return (
    <kbd
      className="hidden rounded-sm border border-current/25 px-1 font-sans text-xs leading-4 sm:inline"
      aria-hidden
    >
      {shown}
    </kbd>
  );
}
