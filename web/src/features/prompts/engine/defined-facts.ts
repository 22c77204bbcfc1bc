import type { Expression } from "./syntax";

/** Names that are surely there. */
export type Sure = ReadonlySet<string>;
export const NOTHING: Sure = new Set();

/** The name that stands directly before `is defined`, `is undefined` or `|default`, or null. */
export function guardedName(node: Extract<Expression, { kind: "filter" | "test" }>): string | null {
  const guards = node.kind === "test" ? ["defined", "undefined"] : ["default", "d"];
  return guards.includes(node.name) && node.operand?.kind === "name" ? node.operand.name : null;
}

type Facts = { ifTrue: Sure; ifFalse: Sure };
const NO_FACTS: Facts = { ifTrue: NOTHING, ifFalse: NOTHING };

/** The variables that are there if a condition is true, and those if it is false. */
export function factsOf(node: Expression): Facts {
  if (node.kind === "test") {
    const name = guardedName(node);
    if (name === null) return NO_FACTS;
    const names = new Set([name]);
    return node.name === "defined"
      ? { ifTrue: names, ifFalse: NOTHING }
      : { ifTrue: NOTHING, ifFalse: names };
  }
  if (node.kind === "not") {
    const inner = factsOf(node.operand);
    return { ifTrue: inner.ifFalse, ifFalse: inner.ifTrue };
  }
  if (node.kind !== "and" && node.kind !== "or") return NO_FACTS;
  const left = factsOf(node.left);
  const right = factsOf(node.right);
  return node.kind === "and"
    ? {
        ifTrue: union(left.ifTrue, right.ifTrue),
        ifFalse: intersection(left.ifFalse, right.ifFalse),
      }
    : {
        ifTrue: intersection(left.ifTrue, right.ifTrue),
        ifFalse: union(left.ifFalse, right.ifFalse),
      };
}

export function union(left: Sure, right: Sure): Sure {
  if (right.size === 0) return left;
  return left.size === 0 ? right : new Set([...left, ...right]);
}

function intersection(left: Sure, right: Sure): Sure {
  return new Set([...left].filter((name) => right.has(name)));
}
