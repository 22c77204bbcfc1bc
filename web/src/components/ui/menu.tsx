"use client";

import { Check } from "lucide-react";
import type { DropdownMenu as Primitive } from "radix-ui";
import { type ComponentProps, createContext, type ReactNode, useContext, useState } from "react";

import { cn } from "@/lib/class-names";

import { FirstOpen } from "./first-open";

const item =
  "flex w-full cursor-default items-center gap-2 rounded-sm px-2 py-1.5 text-sm outline-none data-[disabled]:opacity-50 data-[highlighted]:bg-foreground/8 [&_svg]:size-4 [&_svg]:shrink-0";

export type MenuProps = { trigger: ReactNode; children: ReactNode; align?: "start" | "end" };

type Parts = Pick<typeof Primitive, "Item" | "CheckboxItem" | "Label" | "Separator">;
/** The parts of an open menu; only there is their code. */
export const MenuParts = createContext<Parts | null>(null);

function useParts(): Parts {
  const parts = useContext(MenuParts);
  if (parts === null) throw new Error("Only inside of a menu");
  return parts;
}

const load = () => import("./menu-parts");

/** A menu under its trigger. */
export function Menu(props: MenuProps) {
  const [loaded, setLoaded] = useState<Awaited<ReturnType<typeof load>> | null>(null);
  if (loaded !== null) return <loaded.LoadedMenu {...props} />;
  return (
    <FirstOpen
      popup="menu"
      trigger={props.trigger}
      load={load}
      onOpen={() => void load().then(setLoaded)}
    />
  );
}

export function MenuItem({ className, ...props }: ComponentProps<typeof Primitive.Item>) {
  const { Item } = useParts();
  return <Item className={cn(item, className)} {...props} />;
}

export function MenuChoice({
  checked,
  children,
  ...props
}: ComponentProps<typeof Primitive.CheckboxItem>) {
  const { CheckboxItem } = useParts();
  return (
    <CheckboxItem checked={checked ?? false} className={item} {...props}>
      <span className="inline-flex w-4 justify-center">{checked ? <Check /> : null}</span>
      {children}
    </CheckboxItem>
  );
}

export function MenuLabel({ children }: { children: ReactNode }) {
  const { Label } = useParts();
  return <Label className="px-2 py-1 text-xs text-muted">{children}</Label>;
}

export function MenuSeparator() {
  const { Separator } = useParts();
  return <Separator className="my-1 border-t" />;
}
