import type { ReactNode } from "react";

type Props = { title: ReactNode; children?: ReactNode; actions?: ReactNode };

/** What stands where nothing is yet: what this is for, and what to do next. */
export function EmptyState({ title, children, actions }: Props) {
  return (
    <div className="mx-auto flex max-w-xl flex-col items-center gap-3 px-4 py-12 text-center">
      <h2 className="text-lg font-semibold">{title}</h2>
      {children === undefined ? null : <div className="text-muted">{children}</div>}
      {actions === undefined ? null : (
        <div className="flex flex-wrap justify-center gap-2">{actions}</div>
      )}
    </div>
  );
}
