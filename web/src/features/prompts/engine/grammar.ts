/** The part of Jinja2 that prompts have: the same lists as the server's template_grammar.py. */
export const GLOBALS = new Set(["range", "dict", "namespace"]);
export const RESERVED_NAMES = new Set([
  "loop",
  "self",
  "super",
  "caller",
  "varargs",
  "kwargs",
  "cycler",
  "joiner",
  "lipsum",
]);
export const OPERATOR_WORDS = new Set(["not", "and", "or", "if", "elif", "else", "in", "is"]);

export const FILTERS = [
  "abs",
  "batch",
  "capitalize",
  "count",
  "d",
  "default",
  "dictsort",
  "e",
  "escape",
  "first",
  "float",
  "groupby",
  "indent",
  "int",
  "items",
  "join",
  "last",
  "length",
  "list",
  "lower",
  "map",
  "max",
  "min",
  "reject",
  "rejectattr",
  "replace",
  "reverse",
  "round",
  "select",
  "selectattr",
  "slice",
  "sort",
  "string",
  "striptags",
  "sum",
  "title",
  "tojson",
  "trim",
  "unique",
  "upper",
] as const;

export const TESTS = [
  "defined",
  "undefined",
  "none",
  "boolean",
  "true",
  "false",
  "integer",
  "float",
  "number",
  "string",
  "mapping",
  "odd",
  "even",
  "divisibleby",
  "sameas",
  "in",
  "eq",
  "equalto",
  "ne",
  "lt",
  "lessthan",
  "le",
  "gt",
  "greaterthan",
  "ge",
] as const;

export const METHODS = [
  "upper",
  "lower",
  "strip",
  "lstrip",
  "rstrip",
  "capitalize",
  "replace",
  "join",
  "startswith",
  "endswith",
  "find",
  "count",
  "split",
  "get",
  "items",
  "keys",
  "values",
] as const;

export const TAGS = ["if", "for", "set", "with", "macro", "filter", "raw", "include"] as const;

export const LOOP_METHODS = ["cycle", "changed"] as const;

export const FILTER_NAMES: ReadonlySet<string> = new Set(FILTERS);
export const TEST_NAMES: ReadonlySet<string> = new Set(TESTS);
export const METHOD_NAMES: ReadonlySet<string> = new Set([...METHODS, ...LOOP_METHODS]);
