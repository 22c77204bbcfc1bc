import { cva, type VariantProps } from "class-variance-authority";
import type { ComponentProps } from "react";

import { cn } from "@/lib/class-names";

const badge = cva(
  "inline-flex max-w-full items-center gap-1 rounded-sm border px-1.5 text-xs leading-5 font-medium whitespace-nowrap tabular-nums [&_svg]:size-3",
  {
    variants: {
      tone: {
        plain: "bg-sunken text-muted",
        accent: "border-transparent bg-accent-soft text-accent-text",
        success: "border-transparent bg-success-soft text-success",
        warning: "border-transparent bg-warning-soft text-warning",
        danger: "border-transparent bg-danger-soft text-danger dark:text-variable-6",
      },
    },
    defaultVariants: { tone: "plain" },
  },
);

export function Badge({
  className,
  tone,
  ...props
}: ComponentProps<"span"> & VariantProps<typeof badge>) {
  return <span className={cn(badge({ tone }), className)} {...props} />;
}
