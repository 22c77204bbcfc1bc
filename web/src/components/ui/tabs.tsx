"use client";

import {
  type ComponentProps,
  createContext,
  type KeyboardEvent,
  useContext,
  useId,
  useMemo,
} from "react";

import { cn } from "@/lib/class-names";

type Chosen = { id: string; value: string; choose: (value: string) => void };

const ChosenContext = createContext<Chosen | null>(null);

function useChosen(): Chosen {
  const chosen = useContext(ChosenContext);
  if (chosen === null) throw new Error("Only inside of tabs");
  return chosen;
}

type TabsProps = ComponentProps<"div"> & { value: string; onValueChange: (value: string) => void };

/**
 * Parts of a page of which one is shown, by the pattern of WAI-ARIA 1.2: the arrow keys go from tab to
 * tab and show what they come to. A part that is not shown is not there.
 */
export function Tabs({ value, onValueChange, ...props }: TabsProps) {
  const id = useId();
  const chosen = useMemo(() => ({ id, value, choose: onValueChange }), [id, value, onValueChange]);
  return (
    <ChosenContext value={chosen}>
      <div {...props} />
    </ChosenContext>
  );
}

function onArrow(event: KeyboardEvent<HTMLElement>): void {
  const tabs = [...event.currentTarget.querySelectorAll<HTMLElement>("[role=tab]")];
  const at = tabs.findIndex((tab) => tab === document.activeElement);
  const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 }[event.key];
  if (to === undefined || at === -1) return;
  event.preventDefault();
  const next = tabs[(to + tabs.length) % tabs.length];
  next?.focus();
  next?.click();
}

export function TabList({ className, ...props }: ComponentProps<"div">) {
  return (
    <div
      role="tablist"
      tabIndex={-1}
      className={cn(
        "flex min-w-0 items-center gap-1 overflow-x-auto border-b px-2 outline-none",
        className,
      )}
      onKeyDown={onArrow}
      {...props}
    />
  );
}

export function Tab({ className, value, ...props }: ComponentProps<"button"> & { value: string }) {
  const chosen = useChosen();
  const isChosen = chosen.value === value;
  return (
    <button
      type="button"
      role="tab"
      id={`${chosen.id}-tab-${value}`}
      aria-selected={isChosen}
      aria-controls={isChosen ? `${chosen.id}-panel-${value}` : undefined}
      tabIndex={isChosen ? 0 : -1}
      data-state={isChosen ? "active" : "inactive"}
      className={cn(
        "-mb-px inline-flex h-9 items-center gap-1.5 border-b-2 border-transparent px-2 text-sm whitespace-nowrap text-muted hover:text-foreground data-[state=active]:border-accent data-[state=active]:font-medium data-[state=active]:text-foreground [&_svg]:size-4",
        className,
      )}
      onClick={() => {
        chosen.choose(value);
      }}
      {...props}
    />
  );
}

export function TabPanel({
  className,
  value,
  ...props
}: ComponentProps<"div"> & { value: string }) {
  const chosen = useChosen();
  if (chosen.value !== value) return null;
  return (
    <div
      role="tabpanel"
      id={`${chosen.id}-panel-${value}`}
      aria-labelledby={`${chosen.id}-tab-${value}`}
      className={cn("min-h-0 min-w-0 outline-offset-[-2px]", className)}
      {...props}
    />
  );
}
