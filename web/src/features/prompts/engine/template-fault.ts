export type FaultKind = "syntax" | "unsupported";

/** Where and why a text is no template that the server would take; offsets are UTF-16 units. */
export class TemplateFault extends Error {
  constructor(
    readonly kind: FaultKind,
    /** Which sentence tells it, in the words of the editor. */
    readonly word: FaultWord,
    readonly start: number,
    readonly end: number,
    /** What the sentence names, as the filter that is not known. */
    readonly subject = "",
  ) {
    super(word);
    this.name = "TemplateFault";
  }
}

export type FaultWord =
  | "unclosedTag"
  | "unclosedComment"
  | "unclosedRaw"
  | "unclosedBlock"
  | "unclosedText"
  | "unknownTag"
  | "unexpectedTag"
  | "emptyExpression"
  | "unexpected"
  | "unsupportedTag"
  | "unknownFilter"
  | "unknownTest"
  | "unknownFunction"
  | "unknownMethod"
  | "privateAttribute"
  | "reservedName"
  | "tooDeep";
