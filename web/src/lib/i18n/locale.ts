import { create } from "zustand";

import { readStored, writeStored } from "@/lib/storage";

export const LOCALES = ["en", "zh-CN"] as const;
export type Locale = (typeof LOCALES)[number];

const KEY = "promptops-locale";

/** The language that was chosen, else the browser's. */
export function preferredLocale(): Locale {
  const stored = readStored(KEY);
  const wanted = stored ?? navigator.language;
  return wanted.toLowerCase().startsWith("zh") ? "zh-CN" : "en";
}

type LocaleState = {
  locale: Locale | null;
  setLocale: (locale: Locale) => void;
  follow: () => void;
};

/** The language of the interface; null until the browser has been asked. */
export const useLocale = create<LocaleState>((set) => ({
  locale: null,
  setLocale: (locale) => {
    writeStored(KEY, locale);
    set({ locale });
  },
  follow: () => {
    set({ locale: preferredLocale() });
  },
}));
