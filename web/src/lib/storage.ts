/** localStorage that may be missing or full: a choice is then kept for this page only. */
export function readStored(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

/** Returns whether the value was kept. */
export function writeStored(key: string, value: string | null): boolean {
  try {
    if (value === null) localStorage.removeItem(key);
    else localStorage.setItem(key, value);
    return true;
  } catch {
    return false;
  }
}

/** What begins with this is text of a person; it goes when they sign out. */
export const LOCAL_TEXT_PREFIX = "promptops-text:";

export function forgetLocalText(): void {
  try {
    const keys = Object.keys(localStorage).filter((key) => key.startsWith(LOCAL_TEXT_PREFIX));
    for (const key of keys) localStorage.removeItem(key);
  } catch {
    // No storage: nothing was kept.
  }
}
