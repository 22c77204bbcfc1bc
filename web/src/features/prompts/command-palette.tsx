"use client";

import { Command } from "cmdk";
import {
  Banknote,
  Database,
  FileText,
  KeyRound,
  Languages,
  ListTree,
  Layers3,
  LogOut,
  Plug,
  Plus,
  Settings,
  SunMoon,
  type LucideIcon,
  UserCog,
  Users,
} from "lucide-react";
import { useRouter } from "next/navigation";
import { useState } from "react";

import { useSignOut } from "@/features/access/api";
import { useFocusBack } from "@/hooks/use-focus-back";
import { useLocale } from "@/lib/i18n/locale";
import { useWords } from "@/lib/i18n/words";
import { goTo, promptAddress } from "@/lib/navigation";
import { useTheme } from "@/lib/theme";

import { usePrompts } from "./api";

const ITEM =
  "flex cursor-default items-center gap-2 rounded-sm px-2 py-1.5 text-sm data-[selected=true]:bg-accent-soft data-[selected=true]:text-accent-text [&_svg]:size-4 [&_svg]:text-muted";

const SHOWN = 8;

/** Finds prompts, pages and commands by typing. */
export function CommandPalette({ onClose }: { onClose: () => void }) {
  const words = useWords("common.palette");
  useFocusBack();
  const router = useRouter();
  const [search, setSearch] = useState("");
  const [chosen, setChosen] = useState("");
  const prompts = usePrompts({
    q: search.trim(),
    inText: false,
    tags: [],
    folder: null,
    archived: false,
  });
  const { isDark, setTheme } = useTheme();
  const { locale, setLocale } = useLocale();
  const signOut = useSignOut();
  const run = (command: () => void) => () => {
    onClose();
    command();
  };
  const open = (address: string) => {
    if (window.location.pathname.startsWith("/prompts")) goTo(address);
    else router.push(address);
  };
  // Until the answer is there, what was found before and fits still: Enter may come at once.
  const found = (prompts.data?.pages[0]?.data ?? [])
    .filter((one) => !prompts.isPlaceholderData || matches(`${one.name} ${one.alias}`, search))
    .slice(0, SHOWN);
  const commands = COMMANDS.filter(({ word }) => matches(words(`items.${word}`), search));
  // Prompts arrive after the key that asked for them: what is there no more cannot stay chosen.
  const all = [...found.map(({ id }) => id), ...commands.map(({ word }) => word)];
  return (
    <Command.Dialog
      open
      value={all.includes(chosen) ? chosen : (all[0] ?? "")}
      onValueChange={setChosen}
      onOpenChange={onClose}
      label={words("title")}
      shouldFilter={false}
      overlayClassName="fixed inset-0 z-40 bg-black/50"
      contentClassName="fixed top-[12vh] left-1/2 z-50 w-[calc(100vw-24px)] max-w-xl -translate-x-1/2 overflow-hidden rounded-lg border bg-raised shadow-xl"
    >
      <Command.Input
        value={search}
        onValueChange={setSearch}
        placeholder={words("hint")}
        className="h-11 w-full border-b bg-transparent px-4 text-base outline-none placeholder:text-muted"
      />
      <Command.List className="max-h-[60vh] overflow-auto p-1">
        <Command.Empty className="px-3 py-6 text-center text-sm text-muted">
          {words("nothing")}
        </Command.Empty>
        <Command.Group heading={<Heading text={words("prompts")} />}>
          {found.map((prompt) => (
            <Command.Item
              key={prompt.id}
              value={prompt.id}
              className={ITEM}
              onSelect={run(() => {
                open(promptAddress(prompt.alias));
              })}
            >
              <FileText aria-hidden />
              <span className="min-w-0 flex-1 truncate">{prompt.name}</span>
              <code className="text-xs text-muted">{prompt.alias}</code>
            </Command.Item>
          ))}
        </Command.Group>
        <Command.Group heading={<Heading text={words("commands")} />}>
          {commands.map(({ word, icon: Icon, ...command }) => (
            <Command.Item
              key={word}
              value={word}
              className={ITEM}
              onSelect={run(() => {
                if (word === "list") open("/prompts");
                if (word === "new") open("/prompts?new=1");
                if ("href" in command) router.push(command.href);
                if (word === "theme") setTheme(isDark ? "light" : "dark");
                if (word === "language") setLocale(locale === "en" ? "zh-CN" : "en");
                if (word === "signOut") signOut.mutate(false);
              })}
            >
              <Icon aria-hidden />
              {words(`items.${word}`)}
            </Command.Item>
          ))}
        </Command.Group>
      </Command.List>
    </Command.Dialog>
  );
}

const COMMANDS = [
  { word: "list", icon: FileText },
  { word: "new", icon: Plus },
  { word: "runs", icon: ListTree, href: "/runs" },
  { word: "settings", icon: Settings, href: "/settings" },
  { word: "providers", icon: Plug, href: "/settings/providers" },
  { word: "keys", icon: KeyRound, href: "/settings/keys" },
  { word: "environments", icon: Layers3, href: "/settings/environments" },
  { word: "storage", icon: Database, href: "/settings/storage" },
  { word: "prices", icon: Banknote, href: "/settings/prices" },
  { word: "members", icon: Users, href: "/members" },
  { word: "account", icon: UserCog, href: "/account" },
  { word: "theme", icon: SunMoon },
  { word: "language", icon: Languages },
  { word: "signOut", icon: LogOut },
] as const satisfies readonly { word: string; icon: LucideIcon; href?: string }[];

function matches(text: string, search: string): boolean {
  return text.toLowerCase().includes(search.trim().toLowerCase());
}

function Heading({ text }: { text: string }) {
  return <span className="block px-2 py-1 text-xs text-muted">{text}</span>;
}
