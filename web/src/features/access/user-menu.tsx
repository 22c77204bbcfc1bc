"use client";

import { CircleUserRound, LogOut, UserCog } from "lucide-react";
import Link from "next/link";

import { Button } from "@/components/ui/button";
import { Menu, MenuChoice, MenuItem, MenuLabel, MenuSeparator } from "@/components/ui/menu";
import { type Locale, LOCALES, useLocale } from "@/lib/i18n/locale";
import { useWords } from "@/lib/i18n/words";
import { type Theme, useTheme } from "@/lib/theme";

import { useSession, useSignOut } from "./api";

const THEMES: readonly Theme[] = ["system", "light", "dark"];
const LANGUAGES: Record<Locale, string> = { en: "English", "zh-CN": "简体中文" };

/** Who is signed in; theme, language, account, and the way out. */
export function UserMenu({ className }: { className?: string }) {
  const words = useWords("common");
  const { data } = useSession();
  const { theme, setTheme } = useTheme();
  const { locale, setLocale } = useLocale();
  const signOut = useSignOut();
  if (data === undefined) return null;
  return (
    <Menu
      trigger={
        <Button
          variant="ghost"
          size="icon"
          className={className}
          aria-label={words("accountOf", { name: data.user.name })}
        >
          <CircleUserRound />
        </Button>
      }
    >
      <MenuLabel>
        <span className="block text-sm font-medium text-foreground">{data.user.name}</span>
        {data.user.email}
      </MenuLabel>
      <MenuSeparator />
      <MenuItem asChild>
        <Link href="/account">
          <UserCog aria-hidden />
          {words("account")}
        </Link>
      </MenuItem>
      <MenuSeparator />
      <MenuLabel>{words("theme")}</MenuLabel>
      {THEMES.map((choice) => (
        <MenuChoice
          key={choice}
          checked={theme === choice}
          onSelect={() => {
            setTheme(choice);
          }}
        >
          {words(`themes.${choice}`)}
        </MenuChoice>
      ))}
      <MenuSeparator />
      <MenuLabel>{words("language")}</MenuLabel>
      {LOCALES.map((choice) => (
        <MenuChoice
          key={choice}
          checked={locale === choice}
          lang={choice}
          onSelect={() => {
            setLocale(choice);
          }}
        >
          {LANGUAGES[choice]}
        </MenuChoice>
      ))}
      <MenuSeparator />
      <MenuItem
        onSelect={() => {
          signOut.mutate(false);
        }}
      >
        <LogOut aria-hidden />
        {words("signOut")}
      </MenuItem>
    </Menu>
  );
}
