import type { Token } from "./lexer";
import type { Target } from "./syntax";
import { TemplateFault } from "./template-fault";

/** Walks through the tokens of one tag. */
export class TokenReader {
  protected at = 0;

  constructor(protected readonly tokens: Token[]) {}

  get token(): Token {
    const token = this.tokens[this.at] ?? this.tokens.at(-1);
    if (token === undefined) throw new Error("A tag has at least its end");
    return token;
  }

  next(): Token {
    const { token } = this;
    if (token.kind !== "end") this.at += 1;
    return token;
  }

  is(kind: Token["kind"], value?: string): boolean {
    return this.token.kind === kind && (value === undefined || this.token.value === value);
  }

  /** Takes this token if it stands here. */
  skip(kind: Token["kind"], value: string): boolean {
    const isHere = this.is(kind, value);
    if (isHere) this.at += 1;
    return isHere;
  }

  expect(kind: Token["kind"], value?: string): Token {
    if (!this.is(kind, value)) throw this.unexpected();
    return this.next();
  }

  expectEnd(): void {
    if (!this.is("end")) throw this.unexpected();
  }

  unexpected(): TemplateFault {
    const { start, end, value, kind } = this.token;
    return new TemplateFault(
      "syntax",
      kind === "end" ? "emptyExpression" : "unexpected",
      start,
      end,
      value,
    );
  }

  /** What a loop or a set gives a value to: names, or with `attributes` one attribute. */
  target(attributes: boolean): Target {
    const target: Target = { names: [], attributeOf: null };
    const isWrapped = this.skip("operator", "(");
    do {
      if (target.names.length > 0 && !this.is("name")) break;
      const token = this.expect("name");
      target.names.push({ name: token.value, start: token.start, end: token.end });
    } while (!this.is("name", "in") && this.skip("operator", ","));
    if (isWrapped) this.expect("operator", ")");
    const first = target.names[0];
    if (attributes && first !== undefined && this.skip("operator", ".")) {
      this.expect("name");
      return { names: [], attributeOf: first.name };
    }
    return target;
  }
}
