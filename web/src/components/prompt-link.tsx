"use client";

import type { ComponentProps, MouseEvent } from "react";

import { goTo } from "@/lib/navigation";

/** A link under /prompts, from a page that is there already: no page is loaded. */
export function PromptLink({
  href,
  onClick,
  children,
  ...props
}: ComponentProps<"a"> & { href: string }) {
  function follow(event: MouseEvent<HTMLAnchorElement>) {
    onClick?.(event);
    const isPlain =
      event.button === 0 && !(event.metaKey || event.ctrlKey || event.shiftKey || event.altKey);
    if (event.defaultPrevented || !isPlain) return;
    event.preventDefault();
    goTo(href);
  }
  return (
    <a href={href} onClick={follow} {...props}>
      {children}
    </a>
  );
}
