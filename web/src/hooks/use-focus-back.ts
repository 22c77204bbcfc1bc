import { useEffect, useState } from "react";

/**
 * Gives the focus back to where it was when this came, once it goes away. A dialog of Radix does so
 * by itself only where it has a trigger.
 */
export function useFocusBack(): void {
  const [before] = useState(() => document.activeElement);
  useEffect(
    () => () => {
      // Later: in this moment the dialog still holds the focus.
      setTimeout(() => {
        const isFree = document.activeElement === null || document.activeElement === document.body;
        if (isFree && before instanceof HTMLElement && before.isConnected) before.focus();
      });
    },
    [before],
  );
}
