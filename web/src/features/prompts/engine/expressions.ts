import type { Token } from "./lexer";
import type { Expression } from "./syntax";
import { TemplateFault } from "./template-fault";
import { TokenReader } from "./token-reader";

const MAX_DEPTH = 100;
const CONSTANTS = new Set(["true", "false", "none", "True", "False", "None"]);
const COMPARISONS = new Set(["==", "!=", ">", ">=", "<", "<="]);
const STARTS_ARGUMENT = new Set(["name", "string", "number"]);
const NO_ARGUMENT = new Set(["else", "or", "and", "is"]);

/** Reads the expressions of one tag in Jinja2's order of precedence (jinja2/parser.py). */
export class ExpressionReader extends TokenReader {
  private depth = 0;

  expression(withCondition = true): Expression {
    this.depth += 1;
    if (this.depth > MAX_DEPTH)
      throw new TemplateFault("unsupported", "tooDeep", this.token.start, this.token.end);
    const found = withCondition ? this.condition() : this.or();
    this.depth -= 1;
    return found;
  }

  /** A value, or several that are parted by commas. */
  tuple(withCondition = true): Expression {
    const first = this.expression(withCondition);
    if (!this.is("operator", ",")) return first;
    const parts = [first];
    while (this.skip("operator", ",")) {
      if (this.is("end") || this.is("operator", ")") || this.is("name", "recursive")) break;
      parts.push(this.expression(withCondition));
    }
    return group(parts, first.start, parts.at(-1)?.end ?? first.end);
  }

  private condition(): Expression {
    let found = this.or();
    while (this.skip("name", "if")) {
      const test = this.or();
      const otherwise = this.skip("name", "else") ? this.condition() : null;
      found = {
        kind: "choice",
        then: found,
        test,
        otherwise,
        start: found.start,
        end: (otherwise ?? test).end,
      };
    }
    return found;
  }

  private or(): Expression {
    return this.logic("or", () => this.logic("and", () => this.not()));
  }

  private logic(kind: "and" | "or", part: () => Expression): Expression {
    let left = part();
    while (this.skip("name", kind)) {
      const right = part();
      left = { kind, left, right, start: left.start, end: right.end };
    }
    return left;
  }

  private not(): Expression {
    const { start } = this.token;
    if (!this.skip("name", "not")) return this.comparison();
    this.depth += 1;
    if (this.depth > MAX_DEPTH) throw new TemplateFault("unsupported", "tooDeep", start, start + 3);
    const operand = this.not();
    this.depth -= 1;
    return { kind: "not", operand, start, end: operand.end };
  }

  private comparison(): Expression {
    const parts = [this.chain(["+", "-"])];
    for (;;) {
      if (this.is("operator") && COMPARISONS.has(this.token.value)) this.next();
      else if (this.is("name", "not") && this.tokens[this.at + 1]?.value === "in") this.at += 2;
      else if (!this.skip("name", "in")) break;
      parts.push(this.chain(["+", "-"]));
    }
    return joined(parts);
  }

  private chain(operators: string[]): Expression {
    const LOWER: Record<string, string[]> = { "+": ["~"], "~": ["*", "/", "//", "%"], "*": ["**"] };
    const lower = LOWER[operators[0] ?? ""];
    const part = () => (lower === undefined ? this.unary() : this.chain(lower));
    const parts = [part()];
    while (this.is("operator") && operators.includes(this.token.value)) {
      this.next();
      parts.push(part());
    }
    return joined(parts);
  }

  private unary(withFilters = true): Expression {
    const { start } = this.token;
    let found: Expression;
    if (this.is("operator", "-") || this.is("operator", "+")) {
      this.next();
      const operand = this.unary(false);
      found = group([operand], start, operand.end);
    } else {
      found = this.primary();
    }
    found = this.postfix(found);
    return withFilters ? this.filters(found) : found;
  }

  private primary(): Expression {
    const token = this.next();
    const { start, end } = token;
    if (token.kind === "name") {
      if (CONSTANTS.has(token.value)) return { kind: "literal", text: null, start, end };
      return { kind: "name", name: token.value, start, end };
    }
    if (token.kind === "number") return { kind: "literal", text: null, start, end };
    if (token.kind === "string") return this.texts(token);
    if (token.value === "(") {
      const inner = this.is("operator", ")") ? group([], start, end) : this.tuple();
      return { ...inner, end: this.expect("operator", ")").end };
    }
    if (token.value === "[") return group(this.list("]"), start, this.lastEnd());
    if (token.value === "{") return group(this.pairs(), start, this.lastEnd());
    throw new TemplateFault(
      "syntax",
      token.kind === "end" ? "emptyExpression" : "unexpected",
      start,
      end,
      token.value,
    );
  }

  /** Texts that stand side by side are one. */
  private texts(first: Token): Expression {
    let text = first.value.slice(1, -1);
    let { end } = first;
    while (this.is("string")) {
      const token = this.next();
      text += token.value.slice(1, -1);
      end = token.end;
    }
    return { kind: "literal", text, start: first.start, end };
  }

  private lastEnd(): number {
    return this.tokens[this.at - 1]?.end ?? 0;
  }

  private list(closing: string): Expression[] {
    const parts: Expression[] = [];
    while (!this.is("operator", closing)) {
      if (parts.length > 0) this.expect("operator", ",");
      if (this.is("operator", closing)) break;
      parts.push(this.expression());
    }
    this.expect("operator", closing);
    return parts;
  }

  private pairs(): Expression[] {
    const parts: Expression[] = [];
    while (!this.is("operator", "}")) {
      if (parts.length > 0) this.expect("operator", ",");
      if (this.is("operator", "}")) break;
      parts.push(this.expression());
      this.expect("operator", ":");
      parts.push(this.expression());
    }
    this.expect("operator", "}");
    return parts;
  }

  private postfix(value: Expression): Expression {
    let found = value;
    for (;;) {
      if (this.skip("operator", ".")) {
        const token = this.next();
        if (token.kind === "end")
          throw new TemplateFault("syntax", "unexpected", token.start, token.end, ".");
        found = {
          kind: "attribute",
          object: found,
          name: token.value,
          start: found.start,
          end: token.end,
        };
      } else if (this.skip("operator", "[")) {
        found = this.subscript(found);
      } else if (this.skip("operator", "(")) {
        const parts = this.callArguments();
        found = { kind: "call", callee: found, parts, start: found.start, end: this.lastEnd() };
      } else {
        return found;
      }
    }
  }

  private subscript(object: Expression): Expression {
    const parts: Expression[] = [];
    do {
      while (this.skip("operator", ":"));
      if (this.is("operator", "]")) break;
      parts.push(this.expression());
    } while (this.skip("operator", ":") || this.skip("operator", ","));
    const { end } = this.expect("operator", "]");
    const key = parts.length === 1 ? parts[0] : undefined;
    if (key?.kind === "literal" && key.text !== null) {
      return { kind: "attribute", object, name: key.text, start: object.start, end };
    }
    return group([object, ...parts], object.start, end);
  }

  private callArguments(): Expression[] {
    const parts: Expression[] = [];
    while (!this.is("operator", ")")) {
      if (parts.length > 0) this.expect("operator", ",");
      if (this.is("operator", ")")) break;
      const isKeyword = this.is("name") && this.tokens[this.at + 1]?.value === "=";
      if (isKeyword) this.at += 2;
      parts.push(this.expression());
    }
    this.expect("operator", ")");
    return parts;
  }

  /** Filters, tests and calls behind a value, in the order of the text. */
  filters(value: Expression): Expression {
    let found = value;
    for (;;) {
      if (this.skip("operator", "|")) found = this.filter(found);
      else if (this.skip("name", "is")) found = this.test(found);
      else if (this.skip("operator", "(")) {
        const parts = this.callArguments();
        found = { kind: "call", callee: found, parts, start: found.start, end: this.lastEnd() };
      } else return found;
    }
  }

  /** One filter, behind its bar or at the head of a block. */
  filter(operand: Expression | null): Expression {
    const token = this.expect("name");
    const parts = this.skip("operator", "(") ? this.callArguments() : [];
    return {
      kind: "filter",
      name: token.value,
      operand,
      parts,
      start: token.start,
      end: this.lastEnd(),
    };
  }

  private test(operand: Expression): Expression {
    const isNegated = this.skip("name", "not");
    const token = this.expect("name");
    let parts: Expression[] = [];
    if (this.skip("operator", "(")) {
      parts = this.callArguments();
    } else if (
      (STARTS_ARGUMENT.has(this.token.kind) ||
        this.is("operator", "[") ||
        this.is("operator", "{")) &&
      !(this.is("name") && NO_ARGUMENT.has(this.token.value))
    ) {
      parts = [this.postfix(this.primary())];
    }
    const test: Expression = {
      kind: "test",
      name: token.value,
      operand,
      parts,
      start: token.start,
      end: this.lastEnd(),
    };
    return isNegated ? { kind: "not", operand: test, start: operand.start, end: test.end } : test;
  }
}

function group(parts: Expression[], start: number, end: number): Expression {
  return { kind: "group", parts, start, end };
}

function joined(parts: Expression[]): Expression {
  const [first] = parts;
  if (first === undefined) throw new Error("An expression has at least one part");
  return parts.length === 1 ? first : group(parts, first.start, parts.at(-1)?.end ?? first.end);
}
