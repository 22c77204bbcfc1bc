"use client";

import { type ReactNode, useEffect, useState } from "react";
import { IntlProvider } from "use-intl";

import { type Locale, useLocale } from "@/lib/i18n/locale";
import { type Area, loadMessages, type Messages } from "@/lib/i18n/messages";

type Loaded = { locale: Locale; messages: Partial<Messages> };

const TIME_ZONE =
  typeof window === "undefined" ? "UTC" : Intl.DateTimeFormat().resolvedOptions().timeZone;

/**
 * Gives the page its words. Nothing is painted before they are there, so that no English flashes
 * on a Chinese page; an area that comes with a part of the page wraps that part.
 */
export function WordsProvider({
  areas,
  children,
}: {
  areas: readonly Area[];
  children: ReactNode;
}) {
  const locale = useLocale((state) => state.locale);
  const [loaded, setLoaded] = useState<Loaded | null>(null);
  const wanted = areas.join();

  useEffect(() => {
    if (locale === null) return undefined;
    let isCurrent = true;
    void loadMessages(locale, wanted.split(",") as Area[]).then((messages) => {
      if (isCurrent) setLoaded({ locale, messages });
    });
    return () => {
      isCurrent = false;
    };
  }, [locale, wanted]);

  if (loaded === null) return null;
  return (
    <IntlProvider
      locale={loaded.locale}
      messages={loaded.messages as Messages}
      timeZone={TIME_ZONE}
    >
      {children}
    </IntlProvider>
  );
}
