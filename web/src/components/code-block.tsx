"use client";

import { CopyButton } from "./copy-button";

/** Code to take along: it scrolls sideways, by keyboard too. */
export function CodeBlock({ label, code, copy }: { label: string; code: string; copy: string }) {
  return (
    <figure className="min-w-0 rounded-md border bg-sunken">
      <figcaption className="flex items-center gap-2 border-b py-0.5 pr-1 pl-3 text-sm text-muted">
        <span className="flex-1">{label}</span>
        <CopyButton text={code} label={copy} />
      </figcaption>
      <pre
        role="region"
        aria-label={label}
        // It scrolls sideways, by keyboard too.
        // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        tabIndex={0}
        className="overflow-auto p-3 font-mono text-xs leading-5"
      >
        {code}
      </pre>
    </figure>
  );
}
