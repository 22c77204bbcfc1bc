/** What a variable is given in the editor: what was typed, and how it is read. */
export type ValueType = "text" | "number" | "boolean" | "json";
export type Value = { type: ValueType; text: string };
export type Values = Record<string, Value>;

export const NO_VALUE: Value = { type: "text", text: "" };

export type ReadValue = { kind: "unset" } | { kind: "invalid" } | { kind: "value"; value: unknown };

/** A value as it is sent. Nothing typed is no value; an empty text is given as the JSON `""`. */
export function readValue({ type, text }: Value): ReadValue {
  if (type === "text") return text === "" ? { kind: "unset" } : { kind: "value", value: text };
  const trimmed = text.trim();
  if (trimmed === "") return { kind: "unset" };
  if (type === "boolean") return { kind: "value", value: trimmed === "true" };
  if (type === "number" && !/^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(trimmed))
    return { kind: "invalid" };
  try {
    return { kind: "value", value: JSON.parse(trimmed) as unknown };
  } catch {
    return { kind: "invalid" };
  }
}

/** What is sent of these names, and which of them hold what cannot be read. */
export function readValues(names: readonly string[], values: Values) {
  const variables: Record<string, unknown> = {};
  const invalid: string[] = [];
  for (const name of names) {
    const read = readValue(values[name] ?? NO_VALUE);
    if (read.kind === "value") variables[name] = read.value;
    if (read.kind === "invalid") invalid.push(name);
  }
  return { variables, invalid };
}

/** A JSON value as it stands in the panel. */
export function toValue(value: unknown): Value {
  if (typeof value === "string")
    return value === "" ? { type: "json", text: '""' } : { type: "text", text: value };
  if (typeof value === "number") return { type: "number", text: String(value) };
  if (typeof value === "boolean") return { type: "boolean", text: String(value) };
  return { type: "json", text: JSON.stringify(value, null, 2) };
}

/** The values of a JSON object, or null where the text is none. */
export function parseValues(text: string): Values | null {
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) return null;
    return Object.fromEntries(
      Object.entries(parsed).map(([name, value]) => [name, toValue(value)]),
    );
  } catch {
    return null;
  }
}

/** The type of a value kept while its text is changed to fit the new type as far as it can. */
export function withType(value: Value, type: ValueType): Value {
  if (type === value.type) return value;
  if (type === "boolean") return { type, text: value.text.trim() === "true" ? "true" : "false" };
  if (type === "json" && value.type === "text")
    return { type, text: value.text === "" ? "" : JSON.stringify(value.text) };
  if (type === "text" && value.type === "json") {
    const read = readValue(value);
    if (read.kind === "value" && typeof read.value === "string") return { type, text: read.value };
  }
  return { type, text: value.text };
}
