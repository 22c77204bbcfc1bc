"use client";

import type { ReactNode } from "react";

import { Button } from "@/components/ui/button";
import { type Locale, LOCALES, useLocale } from "@/lib/i18n/locale";

const LANGUAGES: Record<Locale, string> = { en: "English", "zh-CN": "简体中文" };

/** The frame of the pages before the sign-in. */
export function FrontPage({ title, children }: { title: string; children: ReactNode }) {
  const { locale, setLocale } = useLocale();
  return (
    <div className="flex min-h-dvh flex-col items-center justify-center gap-6 p-4">
      <main className="w-full max-w-sm rounded-lg border bg-surface p-6">
        <p className="mb-1 text-sm font-medium text-muted">PromptOps</p>
        <h1 className="mb-4 text-xl font-semibold">{title}</h1>
        {children}
      </main>
      <div className="flex gap-2">
        {LOCALES.map((choice) => (
          <Button
            key={choice}
            variant="ghost"
            size="sm"
            lang={choice}
            aria-pressed={locale === choice}
            onClick={() => {
              setLocale(choice);
            }}
          >
            {LANGUAGES[choice]}
          </Button>
        ))}
      </div>
    </div>
  );
}
