"use client";

import Link from "next/link";
import { usePathname } from "next/navigation";
import { type ReactNode, useEffect, useRef } from "react";

import { WordsProvider } from "@/components/words-provider";
import { useSession } from "@/features/access/api";
import { cn } from "@/lib/class-names";
import { useWords } from "@/lib/i18n/words";

import { groupsFor } from "./sections";

const AREAS = ["settings"] as const;

/** The settings beside their own navigation; on a phone it stands above the page. */
export function SettingsFrame({ children }: { children: ReactNode }) {
  return (
    <div className="flex min-h-0 flex-1 flex-col md:flex-row">
      <div className="h-11 shrink-0 border-b bg-surface md:h-auto md:w-52 md:border-r md:border-b-0">
        <WordsProvider areas={AREAS}>
          <SettingsNavigation />
        </WordsProvider>
      </div>
      <div className="min-h-0 min-w-0 flex-1 overflow-auto">{children}</div>
    </div>
  );
}

function SettingsNavigation() {
  const words = useWords("settings");
  const path = usePathname();
  const { data } = useSession();
  const here = useRef<HTMLAnchorElement>(null);
  const groups = groupsFor(data?.user.is_instance_admin ?? false);

  useEffect(() => {
    // On a phone the place where one is may stand beside what is shown.
    here.current?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [path]);

  return (
    <nav
      aria-label={words("navigation")}
      className="flex h-full gap-1 overflow-auto p-1.5 md:flex-col md:gap-4 md:p-3"
    >
      {groups.map((group) => (
        <section
          key={group.word}
          aria-label={words(`groups.${group.word}`)}
          className="contents md:block"
        >
          <h2 className="mb-1 hidden px-2 text-xs font-medium text-muted md:block">
            {words(`groups.${group.word}`)}
          </h2>
          <ul className="contents md:flex md:flex-col md:gap-0.5">
            {group.sections.map(({ href, word, icon: Icon }) => {
              const isHere = path === href;
              return (
                <li key={href} className="shrink-0">
                  <Link
                    href={href}
                    ref={isHere ? here : undefined}
                    aria-current={isHere ? "page" : undefined}
                    className={cn(
                      "flex h-8 items-center gap-2 rounded-md px-2 text-sm whitespace-nowrap hover:bg-foreground/8",
                      isHere && "bg-accent-soft font-medium text-accent-text",
                    )}
                  >
                    <Icon className="size-4 shrink-0" aria-hidden />
                    {words(`sections.${word}.title`)}
                  </Link>
                </li>
              );
            })}
          </ul>
        </section>
      ))}
    </nav>
  );
}
