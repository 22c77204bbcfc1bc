/** Printing as Python prints: what MiniJinja's browser build makes of a value, written anew. */

const PRINTABLE = /[\p{L}\p{M}\p{N}\p{P}\p{S} ]/u;
const ESCAPES: Record<string, string> = { "\n": "\\n", "\r": "\\r", "\t": "\\t", "\\": "\\\\" };

type Node =
  | { kind: "word"; text: string }
  | { kind: "text"; text: string }
  | { kind: "list"; items: Node[] }
  | { kind: "object"; pairs: [Node, Node][] };

/** A value that the engine has written, as Python's repr writes it. */
export function asPython(engineText: string): string {
  return write(new EngineText(engineText).read());
}

function write(node: Node): string {
  if (node.kind === "word") return word(node.text);
  if (node.kind === "text") return repr(node.text);
  if (node.kind === "list") return `[${node.items.map(write).join(", ")}]`;
  return `{${node.pairs.map(([key, value]) => `${write(key)}: ${write(value)}`).join(", ")}}`;
}

const WORDS: Record<string, string> = { true: "True", false: "False", none: "None" };

function word(text: string): string {
  const known = WORDS[text];
  if (known !== undefined) return known;
  return /^-?\d+(?:\.\d+|(?:\.\d+)?e-\d+)$/.test(text) ? float(text) : text;
}

/** A float that is not whole; under 0.0001 Python writes it with an exponent of two digits. */
function float(text: string): string {
  const value = Number(text);
  if (value === 0 || Math.abs(value) >= 0.0001) return text;
  const [digits = "", exponent = ""] = value.toExponential().split("e");
  return `${digits}e-${exponent.slice(1).padStart(2, "0")}`;
}

/** A text as Python's repr writes it. */
function repr(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  let written = quote;
  for (const character of text) {
    const escape = ESCAPES[character];
    if (escape !== undefined) written += escape;
    else if (character === quote) written += `\\${quote}`;
    else written += PRINTABLE.test(character) ? character : codeOf(character);
  }
  return written + quote;
}

function codeOf(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const hex = code.toString(16);
  if (code < 0x100) return `\\x${hex.padStart(2, "0")}`;
  return code < 0x10000 ? `\\u${hex.padStart(4, "0")}` : `\\U${hex.padStart(8, "0")}`;
}

/** Reads what the engine writes of a value: Rust's escapes in texts, `{"k": 1}`, `[1]`, words. */
class EngineText {
  private at = 0;

  constructor(private readonly text: string) {}

  read(): Node {
    this.space();
    const opening = this.text[this.at];
    if (opening === '"') return { kind: "text", text: this.string() };
    if (opening === "[") return { kind: "list", items: this.items("]", () => this.read()) };
    if (opening === "{") return { kind: "object", pairs: this.items("}", () => this.pair()) };
    const start = this.at;
    while (this.at < this.text.length && !",:]} ".includes(this.text[this.at] ?? "")) this.at += 1;
    if (this.at === start) this.at += 1;
    return { kind: "word", text: this.text.slice(start, this.at) };
  }

  private space(): void {
    while (this.text[this.at] === " " || this.text[this.at] === "\n") this.at += 1;
  }

  private items<T>(closing: string, item: () => T): T[] {
    const found: T[] = [];
    this.at += 1;
    this.space();
    while (this.at < this.text.length && this.text[this.at] !== closing) {
      found.push(item());
      this.space();
      if (this.text[this.at] === ",") this.at += 1;
      this.space();
    }
    this.at += 1;
    return found;
  }

  private pair(): [Node, Node] {
    const key = this.read();
    this.space();
    if (this.text[this.at] === ":") this.at += 1;
    return [key, this.read()];
  }

  private string(): string {
    let found = "";
    this.at += 1;
    while (this.at < this.text.length && this.text[this.at] !== '"') {
      const character = this.text[this.at] ?? "";
      this.at += 1;
      found += character === "\\" ? this.escape() : character;
    }
    this.at += 1;
    return found;
  }

  private escape(): string {
    const letter = this.text[this.at] ?? "";
    this.at += 1;
    if (letter === "u") {
      const end = this.text.indexOf("}", this.at);
      const code = Number.parseInt(this.text.slice(this.at + 1, end), 16);
      this.at = end + 1;
      return String.fromCodePoint(code);
    }
    return { n: "\n", r: "\r", t: "\t", "0": "\0" }[letter] ?? letter;
  }
}

/** JSON as the server's tojson writes it: sorted keys, ASCII, `<>&'` escaped. */
export function asServerJson(json: string, indent: number | null): string {
  const text = writeJson(JSON.parse(json) as unknown, indent, 0);
  return text.replaceAll(/[<>&']|[^ -~\n]/gu, (character) =>
    [...character]
      .flatMap((part) => Array.from({ length: part.length }, (_, unit) => part.charCodeAt(unit)))
      .map((unit) => `\\u${unit.toString(16).padStart(4, "0")}`)
      .join(""),
  );
}

function writeJson(value: unknown, indent: number | null, depth: number): string {
  if (typeof value === "number")
    return Number.isInteger(value) ? String(value) : float(String(value));
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const isList = Array.isArray(value);
  const parts = isList
    ? value.map((part) => writeJson(part, indent, depth + 1))
    : Object.entries(value)
        .sort(([one], [other]) => comparePoints(one, other))
        .map(([key, part]) => `${JSON.stringify(key)}: ${writeJson(part, indent, depth + 1)}`);
  const [opening, closing] = isList ? ["[", "]"] : ["{", "}"];
  if (parts.length === 0) return opening + closing;
  if (indent === null) return opening + parts.join(", ") + closing;
  const inner = `\n${" ".repeat(indent * (depth + 1))}`;
  return `${opening}${inner}${parts.join(`,${inner}`)}\n${" ".repeat(indent * depth)}${closing}`;
}

/** The order of Unicode code points, in which Python sorts texts. */
export function comparePoints(one: string, other: string): number {
  const left = [...one];
  const right = [...other];
  const at = left.findIndex((character, index) => character !== right[index]);
  if (at === -1) return left.length - right.length;
  return (left[at]?.codePointAt(0) ?? 0) - (right[at]?.codePointAt(0) ?? -1);
}

const HTML: Record<string, string> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&#34;",
  "'": "&#39;",
};

/** The text with what HTML reserves escaped as markupsafe writes it. */
export function asHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => HTML[character] ?? character);
}
