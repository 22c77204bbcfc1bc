"use client";

import { type ReactNode, useState } from "react";

import { FirstOpen } from "./first-open";

export type PopoverProps = {
  trigger: ReactNode;
  label: string;
  children: ReactNode;
  align?: "start" | "end";
  className?: string;
};

const load = () => import("./popover-parts");

/** Controls under a trigger, over the page. */
export function Popover(props: PopoverProps) {
  const [loaded, setLoaded] = useState<Awaited<ReturnType<typeof load>> | null>(null);
  if (loaded !== null) return <loaded.LoadedPopover {...props} />;
  return (
    <FirstOpen
      popup="dialog"
      trigger={props.trigger}
      load={load}
      onOpen={() => void load().then(setLoaded)}
    />
  );
}
