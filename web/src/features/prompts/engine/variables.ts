import { factsOf, guardedName, NOTHING, type Sure, union } from "./defined-facts";
import {
  FILTER_NAMES,
  GLOBALS,
  METHOD_NAMES,
  OPERATOR_WORDS,
  RESERVED_NAMES,
  TEST_NAMES,
} from "./grammar";
import { parseTemplate } from "./parser";
import type { Expression, Statement, Target } from "./syntax";
import { TemplateFault } from "./template-fault";

/** The variables of a template in the order of their first use, as the server finds them. */
export type TemplateVariables = {
  names: string[];
  /** Those without which it cannot be rendered. */
  required: string[];
  /** What it includes, by `alias` or `alias@1.2.0`. */
  snippets: string[];
};

type Binding = "value" | "macro" | "namespace";

/**
 * Which variables a template has and needs. Names that it sets itself are none of them. It follows
 * the server's variables.py, and tests/vectors/template_variables.json holds both. Throws
 * TemplateFault for what cannot be saved as far as the browser can tell; the server knows more.
 */
export function analyseTemplate(source: string): TemplateVariables {
  const reading = new Reading();
  reading.block(parseTemplate(source), new Scope(null), NOTHING);
  return reading.result();
}

/** The variables of several templates in a row: required where one of them requires it. */
export function mergeVariables(parts: readonly TemplateVariables[]): TemplateVariables {
  const required = new Set(parts.flatMap((part) => part.required));
  const names = [...new Set(parts.flatMap((part) => part.names))];
  return {
    names,
    required: names.filter((name) => required.has(name)),
    snippets: [...new Set(parts.flatMap((part) => part.snippets))],
  };
}

class Scope {
  readonly bindings = new Map<string, Binding>();

  constructor(private readonly outer: Scope | null) {}

  find(name: string): Binding | undefined {
    return this.bindings.get(name) ?? this.outer?.find(name);
  }

  bind(target: Target): void {
    for (const { name } of target.names) this.bindings.set(name, "value");
  }
}

class Reading {
  private readonly found = new Map<string, boolean>();
  private readonly snippets = new Set<string>();

  result(): TemplateVariables {
    const names = [...this.found.keys()];
    return {
      names,
      required: names.filter((name) => this.found.get(name)),
      snippets: [...this.snippets],
    };
  }

  block(body: Statement[], scope: Scope, sure: Sure): void {
    for (const statement of body) this.statement(statement, scope, sure);
  }

  private statement(statement: Statement, scope: Scope, sure: Sure): void {
    switch (statement.kind) {
      case "output":
        this.expression(statement.value, scope, sure);
        break;
      case "include":
        this.snippets.add(statement.reference);
        break;
      case "if":
        this.branches(statement, scope, sure);
        break;
      case "for":
        this.loop(statement, scope, sure);
        break;
      case "set":
        this.assignment(statement, scope, sure);
        break;
      case "set block":
        this.block(statement.body, new Scope(scope), sure);
        if (statement.filter !== null) this.expression(statement.filter, scope, sure);
        scope.bind(statement.target);
        break;
      case "with":
        this.withBlock(statement, scope, sure);
        break;
      case "macro":
        this.macro(statement, scope, sure);
        break;
      case "filter block":
        this.expression(statement.filter, scope, sure);
        this.block(statement.body, new Scope(scope), sure);
    }
  }

  private branches(
    statement: Extract<Statement, { kind: "if" }>,
    scope: Scope,
    before: Sure,
  ): void {
    let sure = before;
    const inner: Scope[] = [];
    for (const { test, body } of statement.branches) {
      const facts = factsOf(test);
      this.expression(test, scope, sure);
      inner.push(new Scope(scope));
      this.block(body, inner.at(-1) ?? scope, union(sure, facts.ifTrue));
      sure = union(sure, facts.ifFalse);
    }
    inner.push(new Scope(scope));
    this.block(statement.otherwise, inner.at(-1) ?? scope, sure);
    // What any branch set is set from here on.
    for (const branch of inner)
      for (const [name, kind] of branch.bindings) scope.bindings.set(name, kind);
  }

  private loop(statement: Extract<Statement, { kind: "for" }>, scope: Scope, sure: Sure): void {
    this.expression(statement.list, scope, sure);
    const inner = new Scope(scope);
    inner.bindings.set("loop", "value");
    inner.bind(statement.target);
    let inside = sure;
    if (statement.test !== null) {
      this.expression(statement.test, inner, sure);
      inside = union(sure, factsOf(statement.test).ifTrue);
    }
    this.block(statement.body, inner, inside);
    this.block(statement.otherwise, new Scope(scope), sure);
  }

  private assignment(
    statement: Extract<Statement, { kind: "set" }>,
    scope: Scope,
    sure: Sure,
  ): void {
    const { value, target } = statement;
    this.expression(value, scope, sure);
    const isNamespace =
      value.kind === "call" && value.callee.kind === "name" && value.callee.name === "namespace";
    if (isNamespace && scope.find("namespace") === undefined) {
      for (const { name } of target.names) scope.bindings.set(name, "namespace");
    } else {
      scope.bind(target);
    }
  }

  private withBlock(
    statement: Extract<Statement, { kind: "with" }>,
    scope: Scope,
    sure: Sure,
  ): void {
    const inner = new Scope(scope);
    for (const { target, value } of statement.pairs) {
      this.expression(value, scope, sure);
      inner.bind(target);
    }
    this.block(statement.body, inner, sure);
  }

  private macro(statement: Extract<Statement, { kind: "macro" }>, scope: Scope, sure: Sure): void {
    scope.bindings.set(statement.name, "macro");
    const inner = new Scope(scope);
    for (const name of statement.arguments) inner.bindings.set(name, "value");
    for (const value of statement.defaults) this.expression(value, inner, sure);
    this.block(statement.body, inner, sure);
  }

  private expression(node: Expression, scope: Scope, sure: Sure): void {
    switch (node.kind) {
      case "name":
        this.name(node, scope, sure);
        break;
      case "literal":
        break;
      case "attribute":
        this.attribute(node, scope, sure);
        break;
      case "call":
        this.call(node, scope, sure);
        break;
      case "filter":
      case "test":
        this.application(node, scope, sure);
        break;
      case "not":
        this.expression(node.operand, scope, sure);
        break;
      case "and":
        this.expression(node.left, scope, sure);
        this.expression(node.right, scope, union(sure, factsOf(node.left).ifTrue));
        break;
      case "or":
        this.expression(node.left, scope, sure);
        this.expression(node.right, scope, union(sure, factsOf(node.left).ifFalse));
        break;
      case "choice": {
        const facts = factsOf(node.test);
        this.expression(node.then, scope, union(sure, facts.ifTrue));
        this.expression(node.test, scope, sure);
        if (node.otherwise !== null)
          this.expression(node.otherwise, scope, union(sure, facts.ifFalse));
        break;
      }
      case "group":
        for (const part of node.parts) this.expression(part, scope, sure);
    }
  }

  private name(node: Extract<Expression, { kind: "name" }>, scope: Scope, sure: Sure): void {
    const binding = scope.find(node.name);
    if (binding !== undefined) return;
    if (RESERVED_NAMES.has(node.name) || OPERATOR_WORDS.has(node.name)) {
      throw new TemplateFault("unsupported", "reservedName", node.start, node.end, node.name);
    }
    this.found.set(node.name, (this.found.get(node.name) ?? false) || !sure.has(node.name));
  }

  private attribute(
    node: Extract<Expression, { kind: "attribute" }>,
    scope: Scope,
    sure: Sure,
  ): void {
    if (node.name.split(".").some((part) => part.startsWith("_"))) {
      throw new TemplateFault("unsupported", "privateAttribute", node.start, node.end, node.name);
    }
    this.expression(node.object, scope, sure);
  }

  private call(node: Extract<Expression, { kind: "call" }>, scope: Scope, sure: Sure): void {
    const { callee } = node;
    if (callee.kind === "name") {
      const binding = scope.find(callee.name);
      if (binding !== "macro" && !(binding === undefined && GLOBALS.has(callee.name))) {
        throw new TemplateFault(
          "unsupported",
          "unknownFunction",
          callee.start,
          callee.end,
          callee.name,
        );
      }
    } else {
      if (callee.kind === "attribute" && !METHOD_NAMES.has(callee.name)) {
        throw new TemplateFault(
          "unsupported",
          "unknownMethod",
          callee.start,
          callee.end,
          callee.name,
        );
      }
      this.expression(callee, scope, sure);
    }
    for (const part of node.parts) this.expression(part, scope, sure);
  }

  private application(
    node: Extract<Expression, { kind: "filter" | "test" }>,
    scope: Scope,
    sure: Sure,
  ): void {
    const isFilter = node.kind === "filter";
    if (!(isFilter ? FILTER_NAMES : TEST_NAMES).has(node.name)) {
      const word = isFilter ? "unknownFilter" : "unknownTest";
      throw new TemplateFault("unsupported", word, node.start, node.end, node.name);
    }
    const guarded = guardedName(node);
    if (node.operand !== null) {
      this.expression(
        node.operand,
        scope,
        guarded === null ? sure : union(sure, new Set([guarded])),
      );
    }
    for (const part of node.parts) this.expression(part, scope, sure);
  }
}
