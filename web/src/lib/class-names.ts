import { type ClassValue, clsx } from "clsx";
import { twMerge } from "tailwind-merge";

/** One class attribute of many; of two utilities that contradict each other the later one stays. */
export function cn(...values: ClassValue[]): string {
  return twMerge(clsx(values));
}
