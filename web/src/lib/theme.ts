import { create } from "zustand";

import { readStored, writeStored } from "@/lib/storage";

export type Theme = "system" | "light" | "dark";

const KEY = "promptops-theme";

function isDark(theme: Theme): boolean {
  return (
    theme === "dark" || (theme === "system" && matchMedia("(prefers-color-scheme: dark)").matches)
  );
}

function stored(): Theme {
  const value = typeof window === "undefined" ? null : readStored(KEY);
  return value === "light" || value === "dark" ? value : "system";
}

type ThemeState = {
  theme: Theme;
  isDark: boolean;
  setTheme: (theme: Theme) => void;
  follow: () => void;
};

/** The theme that was chosen; public/theme.js applies the same choice before the first paint. */
export const useTheme = create<ThemeState>((set, get) => ({
  theme: "system",
  isDark: false,
  setTheme: (theme) => {
    writeStored(KEY, theme === "system" ? null : theme);
    apply(theme);
    set({ theme, isDark: isDark(theme) });
  },
  follow: () => {
    const refresh = (theme: Theme) => {
      apply(theme);
      set({ theme, isDark: isDark(theme) });
    };
    refresh(stored());
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
      refresh(get().theme);
    });
  },
}));

function apply(theme: Theme): void {
  document.documentElement.classList.toggle("dark", isDark(theme));
}
