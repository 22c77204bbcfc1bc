import { z } from "zod";

import type { Config } from "../content";

// The policy of the page allows no code from text, which zod would try.
z.config({ jitless: true });

export type Wrong = { kind: "wrong"; word: "json" | "tools" | "schema" | "name"; detail: string };
type Tools = NonNullable<Config["tools"]>;

const NAME = /^[A-Za-z0-9_-]{1,64}$/;
const object = z.record(z.string(), z.unknown());
const tools = z.array(
  z.strictObject({
    type: z.literal("function"),
    function: z.strictObject({
      name: z.string().regex(NAME),
      description: z.string().max(10_000).nullish(),
      parameters: object.nullish(),
      strict: z.boolean().nullish(),
    }),
  }),
);
const TYPES = new Set(["object", "array", "string", "number", "integer", "boolean", "null"]);

export const EXAMPLE_TOOLS = JSON.stringify(
  [
    {
      type: "function",
      function: {
        name: "look_up_order",
        description: "Finds an order by its number.",
        parameters: {
          type: "object",
          properties: { number: { type: "string" } },
          required: ["number"],
        },
      },
    },
  ],
  null,
  2,
);

export const EXAMPLE_SCHEMA = JSON.stringify(
  {
    type: "object",
    properties: { answer: { type: "string" }, confidence: { type: "number" } },
    required: ["answer", "confidence"],
    additionalProperties: false,
  },
  null,
  2,
);

function parse(text: string): { value: unknown } | Wrong {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch (error) {
    return { kind: "wrong", word: "json", detail: error instanceof Error ? error.message : "" };
  }
}

/** The tools of a text, none for an empty one, or what is wrong with it. */
export function checkTools(text: string): { kind: "tools"; tools: Tools } | Wrong {
  if (text.trim() === "") return { kind: "tools", tools: [] };
  const parsed = parse(text);
  if ("kind" in parsed) return parsed;
  const result = tools.safeParse(parsed.value);
  if (!result.success) return { kind: "wrong", word: "tools", detail: describe(result.error) };
  for (const [index, tool] of result.data.entries()) {
    const wrong = checkSchemaAt(tool.function.parameters ?? {}, `${index}.function.parameters`);
    if (wrong !== null) return { kind: "wrong", word: "tools", detail: wrong };
  }
  return { kind: "tools", tools: result.data as Tools };
}

/** The JSON Schema of a text, null for an empty one, or what is wrong with it. */
export function checkSchema(
  text: string,
): { kind: "schema"; schema: Record<string, unknown> | null } | Wrong {
  if (text.trim() === "") return { kind: "schema", schema: null };
  const parsed = parse(text);
  if ("kind" in parsed) return parsed;
  const result = object.safeParse(parsed.value);
  if (!result.success || Array.isArray(parsed.value))
    return { kind: "wrong", word: "schema", detail: "{ }" };
  const wrong = checkSchemaAt(result.data, "");
  return wrong === null
    ? { kind: "schema", schema: result.data }
    : { kind: "wrong", word: "schema", detail: wrong };
}

export function isName(text: string): boolean {
  return NAME.test(text);
}

/** What is plainly wrong in a schema and where; the server has the last word when it is saved. */
function checkSchemaAt(schema: Record<string, unknown>, place: string): string | null {
  const at = (name: string) => (place === "" ? name : `${place}.${name}`);
  const { type, properties, required, items } = schema;
  const types = Array.isArray(type) ? (type as unknown[]) : type === undefined ? [] : [type];
  if (types.some((one) => typeof one !== "string" || !TYPES.has(one)))
    return `${at("type")}: ${JSON.stringify(type)}`;
  if (required !== undefined && !z.array(z.string()).safeParse(required).success)
    return at("required");
  if (properties !== undefined) {
    const children = z.record(z.string(), z.unknown()).safeParse(properties);
    if (!children.success) return at("properties");
    for (const [name, child] of Object.entries(children.data)) {
      const wrong = checkChild(child, at(`properties.${name}`));
      if (wrong !== null) return wrong;
    }
  }
  return items === undefined ? null : checkChild(items, at("items"));
}

function checkChild(child: unknown, place: string): string | null {
  if (typeof child === "boolean") return null;
  if (typeof child !== "object" || child === null || Array.isArray(child)) return place;
  return checkSchemaAt(child as Record<string, unknown>, place);
}

function describe(error: z.ZodError): string {
  const [issue] = error.issues;
  return issue === undefined ? "" : `${issue.path.join(".")}: ${issue.message}`;
}
