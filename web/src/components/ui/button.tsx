import { cva, type VariantProps } from "class-variance-authority";
import { Slot } from "radix-ui";
import type { ComponentProps } from "react";

import { cn } from "@/lib/class-names";

const button = cva(
  "inline-flex shrink-0 items-center justify-center gap-1.5 rounded-md text-sm font-medium whitespace-nowrap transition-colors duration-100 disabled:pointer-events-none disabled:opacity-50 aria-disabled:opacity-50 [&_svg]:size-4 [&_svg]:shrink-0",
  {
    variants: {
      variant: {
        primary: "bg-accent text-accent-foreground hover:bg-accent/90",
        secondary: "border bg-surface text-foreground hover:bg-sunken",
        ghost: "text-foreground hover:bg-foreground/8",
        danger: "bg-danger text-danger-foreground hover:bg-danger/90",
        link: "text-accent-text underline-offset-4 hover:underline",
      },
      size: {
        md: "h-8 px-3",
        sm: "h-7 px-2",
        lg: "h-10 px-4 text-base",
        icon: "size-8",
        "icon-sm": "size-7",
        inline: "h-auto p-0",
      },
    },
    defaultVariants: { variant: "secondary", size: "md" },
  },
);

type Props = ComponentProps<"button"> & VariantProps<typeof button> & { asChild?: boolean };

/** A button, or with `asChild` a link that looks like one. */
export function Button({
  className,
  variant,
  size,
  asChild = false,
  type = "button",
  ...props
}: Props) {
  const Element = asChild ? Slot.Root : "button";
  return (
    <Element
      {...(asChild ? {} : { type })}
      className={cn(button({ variant, size }), className)}
      {...props}
    />
  );
}
