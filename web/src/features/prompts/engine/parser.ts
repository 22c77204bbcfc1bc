import { ExpressionReader } from "./expressions";
import { readSegments, type Segment } from "./lexer";
import type { Expression, Statement } from "./syntax";
import { TemplateFault } from "./template-fault";

type Tag = Extract<Segment, { kind: "tag" }>;
type Ending = { tag: Tag; word: string; reader: ExpressionReader };

const UNSUPPORTED = new Set([
  "extends",
  "import",
  "from",
  "block",
  "call",
  "autoescape",
  "do",
  "trans",
]);
const MAX_NESTING = 100;

/** The statements of a template. Throws TemplateFault for what is no template. */
export function parseTemplate(source: string): Statement[] {
  return new BlockReader(readSegments(source)).all();
}

class BlockReader {
  private at = 0;
  private nesting = 0;

  constructor(private readonly segments: readonly Segment[]) {}

  all(): Statement[] {
    const { body, ending } = this.body([]);
    if (ending !== null) throw unexpectedTag(ending.tag, ending.word);
    return body;
  }

  /** The statements up to one of these tags, which is taken; null at the end of the template. */
  private body(endings: string[], opened?: Tag): { body: Statement[]; ending: Ending | null } {
    this.nesting += 1;
    const body: Statement[] = [];
    for (;;) {
      const segment = this.segments[this.at];
      if (segment === undefined) {
        if (opened !== undefined)
          throw new TemplateFault("syntax", "unclosedBlock", opened.start, opened.end);
        return { body, ending: null };
      }
      this.at += 1;
      if (segment.kind === "output") body.push(output(segment));
      if (segment.kind !== "tag") continue;
      if (this.nesting > MAX_NESTING)
        throw new TemplateFault("unsupported", "tooDeep", segment.start, segment.end);
      const reader = new ExpressionReader(segment.tokens);
      const word = reader.expect("name").value;
      if (endings.includes(word)) {
        this.nesting -= 1;
        return { body, ending: { tag: segment, word, reader } };
      }
      body.push(this.statement(segment, word, reader));
    }
  }

  /** The statements up to one of these tags, which has to come. */
  private within(tag: Tag, ...endings: string[]): { body: Statement[]; ending: Ending } {
    const { body, ending } = this.body(endings, tag);
    if (ending === null) throw new TemplateFault("syntax", "unclosedBlock", tag.start, tag.end);
    return { body, ending };
  }

  private statement(tag: Tag, word: string, reader: ExpressionReader): Statement {
    if (word === "if") return this.condition(tag, reader);
    if (word === "for") return this.loop(tag, reader);
    if (word === "set") return this.assignment(tag, reader);
    if (word === "with") return this.withBlock(tag, reader);
    if (word === "macro") return this.macro(tag, reader);
    if (word === "filter") return this.filterBlock(tag, reader);
    if (word === "include") return inclusion(tag, reader);
    if (UNSUPPORTED.has(word))
      throw new TemplateFault("unsupported", "unsupportedTag", tag.start, tag.end, word);
    throw unexpectedTag(tag, word);
  }

  private condition(tag: Tag, reader: ExpressionReader): Statement {
    const branches: { test: Expression; body: Statement[] }[] = [];
    let otherwise: Statement[] = [];
    let current = reader;
    for (;;) {
      const test = current.tuple(false);
      current.expectEnd();
      const { body, ending } = this.within(tag, "elif", "else", "endif");
      branches.push({ test, body });
      if (ending.word === "elif") {
        current = ending.reader;
        continue;
      }
      if (ending.word === "else") otherwise = this.within(tag, "endif").body;
      return { kind: "if", branches, otherwise, start: tag.start, end: tag.end };
    }
  }

  private loop(tag: Tag, reader: ExpressionReader): Statement {
    const target = reader.target(false);
    reader.expect("name", "in");
    const list = reader.tuple(false);
    const test = reader.skip("name", "if") ? reader.expression() : null;
    if (reader.is("name", "recursive")) {
      throw new TemplateFault(
        "unsupported",
        "unsupportedTag",
        tag.start,
        tag.end,
        "for … recursive",
      );
    }
    reader.expectEnd();
    const { body, ending } = this.within(tag, "else", "endfor");
    const otherwise = ending.word === "else" ? this.within(tag, "endfor").body : [];
    return { kind: "for", target, list, test, body, otherwise, start: tag.start, end: tag.end };
  }

  private assignment(tag: Tag, reader: ExpressionReader): Statement {
    const target = reader.target(true);
    const place = { start: tag.start, end: tag.end };
    if (reader.skip("operator", "=")) {
      const value = reader.tuple();
      reader.expectEnd();
      return { kind: "set", target, value, ...place };
    }
    let filter: Expression | null = null;
    while (reader.skip("operator", "|")) filter = reader.filter(filter);
    reader.expectEnd();
    return { kind: "set block", target, filter, body: this.within(tag, "endset").body, ...place };
  }

  private withBlock(tag: Tag, reader: ExpressionReader): Statement {
    const pairs: { target: ReturnType<ExpressionReader["target"]>; value: Expression }[] = [];
    while (!reader.is("end")) {
      if (pairs.length > 0) reader.expect("operator", ",");
      const name = reader.expect("name");
      const target = {
        names: [{ name: name.value, start: name.start, end: name.end }],
        attributeOf: null,
      };
      reader.expect("operator", "=");
      pairs.push({ target, value: reader.expression() });
    }
    return {
      kind: "with",
      pairs,
      body: this.within(tag, "endwith").body,
      start: tag.start,
      end: tag.end,
    };
  }

  private macro(tag: Tag, reader: ExpressionReader): Statement {
    const name = reader.expect("name").value;
    const parameters: string[] = [];
    const defaults: Expression[] = [];
    reader.expect("operator", "(");
    while (!reader.is("operator", ")")) {
      if (parameters.length > 0) reader.expect("operator", ",");
      parameters.push(reader.expect("name").value);
      if (reader.skip("operator", "=")) defaults.push(reader.expression());
    }
    reader.expect("operator", ")");
    reader.expectEnd();
    const { body } = this.within(tag, "endmacro");
    return {
      kind: "macro",
      name,
      arguments: parameters,
      defaults,
      body,
      start: tag.start,
      end: tag.end,
    };
  }

  private filterBlock(tag: Tag, reader: ExpressionReader): Statement {
    let filter = reader.filter(null);
    while (reader.skip("operator", "|")) filter = reader.filter(filter);
    reader.expectEnd();
    return {
      kind: "filter block",
      filter,
      body: this.within(tag, "endfilter").body,
      start: tag.start,
      end: tag.end,
    };
  }
}

function output(segment: Extract<Segment, { kind: "output" }>): Statement {
  const reader = new ExpressionReader(segment.tokens);
  if (reader.is("end"))
    throw new TemplateFault("syntax", "emptyExpression", segment.start, segment.end);
  const value = reader.tuple();
  reader.expectEnd();
  return { kind: "output", value, start: segment.start, end: segment.end };
}

/** A snippet: `{% include "alias@1.2.0" %}`, and no other form of include. */
function inclusion(tag: Tag, reader: ExpressionReader): Statement {
  const reference = reader.is("string") ? reader.next().value.slice(1, -1) : "";
  if (
    !/^[a-z0-9][a-z0-9_-]{0,99}(@\d{1,6}\.\d{1,6}\.\d{1,6})?$/.test(reference) ||
    !reader.is("end")
  ) {
    throw new TemplateFault("unsupported", "unsupportedTag", tag.start, tag.end, "include");
  }
  return { kind: "include", reference, start: tag.start, end: tag.end };
}

function unexpectedTag(tag: Tag, word: string): TemplateFault {
  const isKnown = /^(end\w+|else|elif)$/.test(word);
  return new TemplateFault(
    "syntax",
    isKnown ? "unexpectedTag" : "unknownTag",
    tag.start,
    tag.end,
    word,
  );
}
