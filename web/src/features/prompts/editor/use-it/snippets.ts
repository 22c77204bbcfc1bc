export const LANGUAGES = ["curl", "python", "javascript"] as const;
export type Language = (typeof LANGUAGES)[number];

type Call = {
  origin: string;
  alias: string;
  environment: string;
  variables: Record<string, unknown>;
};

/** A call of a prompt, ready to run once PROMPTOPS_API_KEY holds a key; the key itself is never shown. */
export function snippetOf(language: Language, call: Call): string {
  const url = `${call.origin}/api/v1/run/${call.alias}?env=${call.environment}`;
  if (language === "curl") return curl(url, call.variables);
  return language === "python" ? python(url, call.variables) : javascript(url, call.variables);
}

function curl(url: string, variables: Record<string, unknown>): string {
  // In single quotes a shell takes everything as it stands but the quote itself.
  const body = JSON.stringify({ variables }, null, 2).replaceAll("'", String.raw`'\''`);
  return `curl '${url}' \\
  -H "X-API-Key: $PROMPTOPS_API_KEY" \\
  -H 'Content-Type: application/json' \\
  -d '${body}'
`;
}

function python(url: string, variables: Record<string, unknown>): string {
  return `import json
import os
import urllib.request

request = urllib.request.Request(
    ${JSON.stringify(url)},
    data=json.dumps({"variables": ${pythonLiteral(variables, 1)}}).encode(),
    headers={
        "X-API-Key": os.environ["PROMPTOPS_API_KEY"],
        "Content-Type": "application/json",
    },
)
with urllib.request.urlopen(request) as response:
    print(json.load(response)["output"])
`;
}

function javascript(url: string, variables: Record<string, unknown>): string {
  const body = JSON.stringify({ variables }, null, 2).replaceAll("\n", "\n  ");
  return `const response = await fetch(${JSON.stringify(url)}, {
  method: "POST",
  headers: {
    "X-API-Key": process.env.PROMPTOPS_API_KEY,
    "Content-Type": "application/json",
  },
  body: JSON.stringify(${body}),
});
if (!response.ok) throw new Error((await response.json()).detail);
console.log((await response.json()).output);
`;
}

/** A JSON value as Python writes it. */
function pythonLiteral(value: unknown, depth: number): string {
  const inner = "    ".repeat(depth + 1);
  const outer = "    ".repeat(depth);
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (Array.isArray(value))
    return `[${value.map((part) => pythonLiteral(part, depth)).join(", ")}]`;
  if (typeof value === "object") {
    const entries = Object.entries(value as object);
    if (entries.length === 0) return "{}";
    const lines = entries.map(
      ([key, part]) => `${inner}${JSON.stringify(key)}: ${pythonLiteral(part, depth + 1)},`,
    );
    return `{\n${lines.join("\n")}\n${outer}}`;
  }
  return JSON.stringify(value);
}
