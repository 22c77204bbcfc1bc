const MAX_LENGTH = 100;

/** An alias that a name suggests: its last segment in small letters, digits and hyphens. */
export function suggestAlias(name: string): string {
  const last = name.split("/").at(-1) ?? "";
  return last
    .normalize("NFKD")
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-+|-+$/g, "")
    .slice(0, MAX_LENGTH);
}
