import { createStore, type StoreApi } from "zustand";

import { type EditorContent, partsOf, type TemplatePart } from "../editor/content";
import { readValues, type Values } from "../editor/values";
import { type PreviewMessage, type Rendering, renderParts, withBlocks } from "./preview";
import type { Renderer } from "./renderer";
import { TemplateFault } from "./template-fault";
import { analyseTemplate, mergeVariables, type TemplateVariables } from "./variables";

/** What follows from the text and the values as they stand: everything beside the editor shows it. */
export type Live = {
  variables: TemplateVariables;
  /** By the number of the part. */
  faults: ReadonlyMap<number, TemplateFault>;
  /** Required variables without a value. */
  missing: string[];
  /** Variables whose value cannot be read as its type. */
  invalid: string[];
  /** The messages as they would be sent; null until the renderer is there or where it fails. */
  messages: PreviewMessage[] | null;
  failure: Extract<Rendering, { kind: "failed" }> | null;
  /** What only the server renders byte for byte: it is asked, and its answer shown instead. */
  askServer: ServerQuestion | null;
};

export type ServerQuestion = { parts: TemplatePart[]; variables: Record<string, unknown> };

const NO_VARIABLES: TemplateVariables = { names: [], required: [], snippets: [] };

export type LiveStore = StoreApi<Live>;

export function createLiveStore(): LiveStore {
  return createStore<Live>(() => ({
    variables: NO_VARIABLES,
    faults: new Map(),
    missing: [],
    invalid: [],
    messages: null,
    failure: null,
    askServer: null,
  }));
}

/** Works out what follows from each change; what did not change is not read again. */
export class LiveEngine {
  private analyses = new Map<string, TemplateVariables | TemplateFault>();
  private readonly lastGood = new Map<number, TemplateVariables>();
  private readonly snippets = new Map<string, string>();
  private renderer: Renderer | null = null;

  constructor(private readonly live: LiveStore) {}

  /** From now on messages are rendered too. */
  useRenderer(renderer: Renderer): void {
    this.renderer = renderer;
  }

  /** The text of a snippet, `alias@1.2.0` or `alias`; a part that includes it is rendered with it. */
  addSnippet(reference: string, text: string): void {
    this.snippets.set(reference, text);
    this.analyses.clear();
  }

  hasSnippet(reference: string): boolean {
    return this.snippets.has(reference);
  }

  /** Takes the content and the values as they are now. */
  update(content: EditorContent, values: Values): void {
    const parts = partsOf(content);
    const faults = new Map<number, TemplateFault>();
    const before = this.live.getState();
    // Only the templates of this moment are remembered: each may be long.
    const known = this.analyses;
    this.analyses = new Map();
    const analyses = parts.map((part, index) => {
      if ("placeholder" in part) return NO_VARIABLES;
      const analysis = known.get(part.content) ?? this.read(part.content);
      this.analyses.set(part.content, analysis);
      if (analysis instanceof TemplateFault) {
        faults.set(index, analysis);
        // In the middle of a tag the variables of a moment ago are the better guess.
        return this.lastGood.get(index) ?? NO_VARIABLES;
      }
      this.lastGood.set(index, analysis);
      return analysis;
    });
    const variables = kept(mergeVariables(analyses), before.variables);
    const read = readValues(variables.names, values);
    const given = read.variables;
    const invalid = kept(read.invalid, before.invalid);
    const missing = kept(
      variables.required.filter((name) => !(name in given) && !invalid.includes(name)),
      before.missing,
    );
    const unfilled = [...missing, ...invalid];
    const whole = parts.map((part) =>
      "placeholder" in part ? part : { ...part, content: this.withSnippets(part.content) },
    );
    // Null while the text cannot be rendered: the picture of a moment ago stays.
    const rendering =
      faults.size > 0 ? null : renderParts(this.renderer, whole, given, unfilled, before.messages);
    const isAsked = rendering?.kind === "rendered" && unfilled.length === 0 && !rendering.isExact;
    this.live.setState({
      variables,
      faults,
      missing,
      invalid,
      askServer: isAsked ? { parts, variables: given } : null,
      ...(rendering === null
        ? {}
        : {
            messages: rendering.kind === "rendered" ? rendering.messages : null,
            failure: rendering.kind === "failed" ? rendering : null,
          }),
    });
  }

  /** The server's rendering of a question that still stands. */
  answer(question: ServerQuestion, texts: (string | null)[]): void {
    const { askServer, messages: before } = this.live.getState();
    if (askServer !== question) return;
    const messages = question.parts.map((part, index): PreviewMessage => {
      const text = texts[index] ?? null;
      if ("placeholder" in part || text === null) return { kind: "placeholder" };
      return {
        kind: "message",
        role: part.role,
        text,
        blocks: withBlocks([{ text, variable: null, isMissing: false }], before?.[index]),
      };
    });
    this.live.setState({ messages, failure: null });
  }

  private read(template: string): TemplateVariables | TemplateFault {
    try {
      const own = analyseTemplate(template);
      if (own.snippets.length === 0) return own;
      const whole = this.withSnippets(template);
      const { names, required } = analyseTemplate(whole);
      return { names, required, snippets: own.snippets };
    } catch (error) {
      if (error instanceof TemplateFault) return error;
      if (error instanceof RangeError)
        return new TemplateFault("unsupported", "tooDeep", 0, template.length);
      throw error;
    }
  }

  /** The template with the snippets that are known in their places. */
  private withSnippets(template: string): string {
    return template.replaceAll(
      INCLUDE,
      (tag, reference: string) => this.snippets.get(reference) ?? tag,
    );
  }
}

/** What was there before where the new says the same, so that nothing is drawn again for it. */
function kept<T>(now: T, before: T): T {
  return JSON.stringify(now) === JSON.stringify(before) ? before : now;
}

const INCLUDE = /\{%[-+]?\s*include\s*["']([a-z0-9][a-z0-9_-]*(?:@\d+\.\d+\.\d+)?)["']\s*[-+]?%\}/g;
