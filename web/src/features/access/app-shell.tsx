"use client";

import { FileText, ListTree, Menu as MenuIcon, Search, Settings } from "lucide-react";
import Link from "next/link";
import { usePathname } from "next/navigation";
import type { ReactNode } from "react";

import { Button } from "@/components/ui/button";
import { Hint } from "@/components/ui/hint";
import { Menu, MenuItem } from "@/components/ui/menu";
import { cn } from "@/lib/class-names";
import { useWords } from "@/lib/i18n/words";

import { ProjectSwitcher } from "./project-switcher";
import { SessionNotices } from "./session-notices";
import { UserMenu } from "./user-menu";

const PAGES = [
  { href: "/prompts", word: "prompts", icon: FileText, paths: ["/prompts"] },
  { href: "/runs", word: "runs", icon: ListTree, paths: ["/runs"] },
  {
    href: "/settings",
    word: "settings",
    icon: Settings,
    paths: ["/settings", "/members", "/account", "/admin"],
  },
] as const;

/** The frame of every page behind the sign-in: where one is, the other pages, the palette. */
export function AppShell({ children, onSearch }: { children: ReactNode; onSearch: () => void }) {
  const words = useWords("common");
  const path = usePathname();
  const isHere = (paths: readonly string[]) =>
    paths.some((one) => path === one || path.startsWith(`${one}/`));
  return (
    <div className="flex h-dvh flex-col md:flex-row">
      <a
        href="#content"
        className="sr-only z-50 rounded-md bg-accent px-3 py-2 text-accent-foreground focus:not-sr-only focus:fixed focus:top-2 focus:left-2"
      >
        {words("skipToContent")}
      </a>
      <nav
        aria-label={words("mainNavigation")}
        className="hidden w-19 shrink-0 flex-col items-stretch gap-1 border-r bg-surface px-1.5 py-3 md:flex"
      >
        <Link href="/prompts" aria-label="PromptOps" className="mb-2 self-center rounded-md">
          <Mark />
        </Link>
        {PAGES.map(({ href, word, icon: Icon, paths }) => (
          <Link
            key={href}
            href={href}
            aria-current={isHere(paths) ? "page" : undefined}
            className={cn(
              "flex flex-col items-center gap-0.5 rounded-md px-1 py-1.5 text-[11px] leading-4 text-muted hover:bg-foreground/8 hover:text-foreground",
              isHere(paths) && "bg-accent-soft font-medium text-accent-text",
            )}
          >
            <Icon className="size-5" aria-hidden />
            <span className="max-w-full truncate">{words(word)}</span>
          </Link>
        ))}
        <div className="flex-1" />
        <Hint text={`${words("search")} · Ctrl/⌘ K`}>
          <Button
            variant="ghost"
            size="icon"
            className="self-center"
            aria-label={words("search")}
            onClick={onSearch}
          >
            <Search />
          </Button>
        </Hint>
        <ProjectSwitcher className="self-center" />
        <UserMenu className="self-center" />
      </nav>
      <header className="flex h-12 shrink-0 items-center gap-1 border-b bg-surface px-2 md:hidden">
        <Menu
          align="start"
          trigger={
            <Button variant="ghost" size="icon" aria-label={words("mainNavigation")}>
              <MenuIcon />
            </Button>
          }
        >
          {PAGES.map(({ href, word, icon: Icon }) => (
            <MenuItem key={href} asChild>
              <Link href={href}>
                <Icon aria-hidden />
                {words(word)}
              </Link>
            </MenuItem>
          ))}
        </Menu>
        <Link href="/prompts" aria-label="PromptOps" className="rounded-md">
          <Mark />
        </Link>
        <div className="flex-1" />
        <Button variant="ghost" size="icon" aria-label={words("search")} onClick={onSearch}>
          <Search />
        </Button>
        <ProjectSwitcher />
        <UserMenu />
      </header>
      <main
        id="content"
        tabIndex={-1}
        className="flex min-h-0 min-w-0 flex-1 flex-col overflow-auto outline-none"
      >
        <SessionNotices />
        {children}
      </main>
    </div>
  );
}

function Mark() {
  return (
    <svg viewBox="0 0 32 32" className="size-8" aria-hidden>
      <rect width="32" height="32" rx="7" className="fill-accent" />
      <path
        d="M9 10l6 6-6 6M17 22h7"
        fill="none"
        strokeWidth="3"
        strokeLinecap="round"
        strokeLinejoin="round"
        className="stroke-accent-foreground"
      />
    </svg>
  );
}
