"use client";

import { useFormatter, useNow } from "use-intl";

/** A moment as how long ago it was, or how long it is until then; the whole time stands in its title. */
export function When({ at, className }: { at: string; className?: string }) {
  const format = useFormatter();
  const now = useNow({ updateInterval: 30_000 });
  const moment = new Date(at);
  return (
    <time
      dateTime={at}
      className={className}
      title={format.dateTime(moment, { dateStyle: "medium", timeStyle: "short" })}
    >
      {format.relativeTime(moment, now)}
    </time>
  );
}
