import init, { Environment } from "minijinja-js/dist/web";

import { isExact } from "./exactness";
import { asHtml, asPython, asServerJson } from "./python-print";
import { RenderFailure } from "./render-failure";
import { TemplateFault } from "./template-fault";
import { engineName, transformTemplate } from "./transform";

/** Renders a template as the server does; see docs/explanation/rendering.md. */
export type Renderer = {
  render: (template: string, variables: Readonly<Record<string, unknown>>) => string;
  /** Whether what it renders is byte for byte what the server renders. */
  isExact: (template: string, variables: Readonly<Record<string, unknown>>) => boolean;
};

// What the server allows (prompts/rendering.py).
const FUEL = 40_000;
const HIDDEN = ["debug", "cycler", "joiner"];
const REMEMBERED = 16;

/** MiniJinja, set up as the server's: loaded once, with the first editor. */
export async function loadRenderer(): Promise<Renderer> {
  await init({
    module_or_path: new URL("minijinja-js/dist/web/minijinja_js_bg.wasm", import.meta.url),
  });
  return new MiniJinja();
}

/** A renderer of an engine that has been initialised. */
export class MiniJinja implements Renderer {
  readonly isExact = isExact;
  private readonly transformed = new Map<string, string>();

  render(template: string, variables: Readonly<Record<string, unknown>>): string {
    const environment = makeEnvironment();
    try {
      const context = Object.entries(variables).map(([name, value]) => [engineName(name), value]);
      return environment.renderStr(this.transform(template), Object.fromEntries(context));
    } catch (error) {
      if (error instanceof TemplateFault) throw new RenderFailure(error.word);
      throw new RenderFailure(sentenceOf(error));
    } finally {
      environment.free();
    }
  }

  private transform(template: string): string {
    const known = this.transformed.get(template);
    if (known !== undefined) return known;
    const made = transformTemplate(template);
    const [oldest] = this.transformed.keys();
    if (this.transformed.size >= REMEMBERED && oldest !== undefined)
      this.transformed.delete(oldest);
    this.transformed.set(template, made);
    return made;
  }
}

function makeEnvironment(): Environment {
  const environment = new Environment();
  environment.undefinedBehavior = "strict";
  environment.keepTrailingNewline = true;
  environment.fuel = FUEL;
  environment.enablePyCompat();
  for (const name of HIDDEN) environment.removeGlobal(name);
  environment.addFilter("_p", asPython);
  environment.addFilter("_e", asHtml);
  environment.addFilter("_json", (json: string, indent?: unknown) =>
    asServerJson(json, indentOf(indent)),
  );
  return environment;
}

/** An indent, given by its place or by its name. */
function indentOf(given: unknown): number | null {
  if (typeof given === "number") return given;
  if (given instanceof Map) return (given.get("indent") as number | undefined) ?? null;
  if (typeof given === "object" && given !== null && "indent" in given)
    return given.indent as number;
  return null;
}

/** What the engine says, without its own names and places. */
function sentenceOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replaceAll(/\s*\(in <string>:\d+\)/g, "").split("\n")[0] ?? "";
}
