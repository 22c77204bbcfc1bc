"use client";

import { DropdownMenu as Primitive } from "radix-ui";

import { type MenuProps, MenuParts } from "./menu";

const PARTS = {
  Item: Primitive.Item,
  CheckboxItem: Primitive.CheckboxItem,
  Label: Primitive.Label,
  Separator: Primitive.Separator,
};

/** A menu that is open when it is first drawn: its code comes with the first click on its trigger. */
export function LoadedMenu({ trigger, children, align = "end" }: MenuProps) {
  return (
    <MenuParts value={PARTS}>
      <Primitive.Root defaultOpen>
        <Primitive.Trigger asChild>{trigger}</Primitive.Trigger>
        <Primitive.Portal>
          <Primitive.Content
            align={align}
            sideOffset={4}
            collisionPadding={8}
            className="z-50 max-h-(--radix-dropdown-menu-content-available-height) max-w-[calc(100vw-16px)] min-w-44 overflow-auto rounded-md border bg-raised p-1 shadow-lg"
          >
            {children}
          </Primitive.Content>
        </Primitive.Portal>
      </Primitive.Root>
    </MenuParts>
  );
}
