/** What a call of a prompt needs; the version stands in where nothing is released. */
export type ExampleCall = {
  origin: string;
  key: string;
  alias: string;
  environment: string | null;
  version: string | null;
  variables: readonly string[];
};

/** A call of a prompt for a shell, with the key in it. */
export function runCommand({ origin, key, alias, environment, version, variables }: ExampleCall) {
  const query = environment === null ? `version=${version ?? ""}` : `env=${environment}`;
  const values = Object.fromEntries(variables.map((name) => [name, "…"]));
  // In single quotes a shell takes everything as it stands but the quote itself.
  const body = JSON.stringify({ variables: values }).replaceAll("'", String.raw`'\''`);
  return `curl '${origin}/api/v1/run/${alias}?${query}' \\
  -H 'X-API-Key: ${key}' \\
  -H 'Content-Type: application/json' \\
  -d '${body}'
`;
}

/** A call that reads, for a key that may run nothing. */
export function readCommand(origin: string, key: string) {
  return `curl '${origin}/api/v1/prompts' \\
  -H 'X-API-Key: ${key}'
`;
}
