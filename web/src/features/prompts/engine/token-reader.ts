import type { Token } from "./lexer";
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
}
