"use client";

import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { type ReactNode, useEffect, useState } from "react";

import { Toaster } from "@/components/toaster";
import { WordsProvider } from "@/components/words-provider";
import { useExpiry } from "@/features/access/session-expiry";
import { ApiError } from "@/lib/api/api-error";
import { onSessionEnd } from "@/lib/api/client";
import { useLocale } from "@/lib/i18n/locale";
import { useTheme } from "@/lib/theme";

function makeClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 15_000,
        retry: (count, error) => error instanceof ApiError && error.isPassing && count < 2,
      },
    },
  });
}

const COMMON = ["common"] as const;

export function Providers({ children }: { children: ReactNode }) {
  const [client] = useState(makeClient);
  const locale = useLocale((state) => state.locale);

  useEffect(() => onSessionEnd(useExpiry.getState().expire), []);

  useEffect(() => {
    useTheme.getState().follow();
    useLocale.getState().follow();
  }, []);

  useEffect(() => {
    if (locale !== null) document.documentElement.lang = locale;
  }, [locale]);

  return (
    <QueryClientProvider client={client}>
      <WordsProvider areas={COMMON}>
        {children}
        <Toaster />
      </WordsProvider>
    </QueryClientProvider>
  );
}
