/** The syntax tree of a template, as far as its variables depend on it. */
export type Span = { start: number; end: number };

export type Expression = Span &
  (
    | { kind: "name"; name: string }
    | { kind: "literal"; text: string | null }
    | { kind: "attribute"; object: Expression; name: string }
    | { kind: "call"; callee: Expression; parts: Expression[] }
    | { kind: "filter"; name: string; operand: Expression | null; parts: Expression[] }
    | { kind: "test"; name: string; operand: Expression; parts: Expression[] }
    | { kind: "not"; operand: Expression }
    | { kind: "and" | "or"; left: Expression; right: Expression }
    | { kind: "choice"; test: Expression; then: Expression; otherwise: Expression | null }
    /** Anything else that holds expressions, in the order of the text. */
    | { kind: "group"; parts: Expression[] }
  );

export type Target = { names: (Span & { name: string })[]; attributeOf: string | null };

export type Statement = Span &
  (
    | { kind: "output"; value: Expression }
    | { kind: "include"; reference: string }
    | { kind: "if"; branches: { test: Expression; body: Statement[] }[]; otherwise: Statement[] }
    | {
        kind: "for";
        target: Target;
        list: Expression;
        test: Expression | null;
        body: Statement[];
        otherwise: Statement[];
      }
    | { kind: "set"; target: Target; value: Expression }
    | { kind: "set block"; target: Target; filter: Expression | null; body: Statement[] }
    | { kind: "with"; pairs: { target: Target; value: Expression }[]; body: Statement[] }
    | {
        kind: "macro";
        name: string;
        arguments: string[];
        defaults: Expression[];
        body: Statement[];
      }
    | { kind: "filter block"; filter: Expression; body: Statement[] }
  );
