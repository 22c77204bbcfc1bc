"use client";

import { type ReactNode, useEffect } from "react";

type Props = {
  title: string;
  hint?: ReactNode;
  /** The one primary action of the page, in the same corner everywhere. */
  action?: ReactNode;
  children: ReactNode;
};

/** The frame of one page of the settings; its title is the document's too. */
export function SettingsPage({ title, hint, action, children }: Props) {
  useEffect(() => {
    document.title = `${title} · PromptOps`;
  }, [title]);
  return (
    <div className="mx-auto flex w-full max-w-4xl flex-col gap-6 p-4 sm:p-6">
      <header className="flex flex-wrap items-start gap-x-4 gap-y-2">
        <div className="min-w-0 flex-1 basis-60">
          <h1 className="text-xl font-semibold">{title}</h1>
          {hint === undefined ? null : <p className="text-sm text-muted">{hint}</p>}
        </div>
        {action}
      </header>
      {children}
    </div>
  );
}
