import type { Schemas } from "@/lib/api/client";

import type { Kind } from "./providers-api";

type KindName = Schemas["ProviderKind"];

/** What the vendors call themselves, in every language; null for what the interface names. */
const NAMES: Record<KindName, string | null> = {
  openai: "OpenAI",
  anthropic: "Anthropic",
  gemini: "Google Gemini",
  openai_compatible: null,
  local: null,
  litellm_proxy: "LiteLLM Proxy",
  azure: "Azure OpenAI",
  bedrock: "Amazon Bedrock",
  vertex_ai: "Google Vertex AI",
  ai21_chat: "AI21",
  aiml: "AI/ML API",
  cerebras: "Cerebras",
  codestral: "Codestral",
  cohere: "Cohere",
  cohere_chat: "Cohere Chat",
  dashscope: "DashScope (通义千问)",
  deepinfra: "DeepInfra",
  deepseek: "DeepSeek",
  featherless_ai: "Featherless AI",
  fireworks_ai: "Fireworks AI",
  friendliai: "FriendliAI",
  github: "GitHub Models",
  groq: "Groq",
  hyperbolic: "Hyperbolic",
  inception: "Inception",
  lambda_ai: "Lambda",
  meta_llama: "Meta Llama",
  minimax: "MiniMax",
  mistral: "Mistral AI",
  moonshot: "Moonshot AI (Kimi)",
  morph: "Morph",
  nebius: "Nebius",
  novita: "Novita AI",
  nscale: "Nscale",
  nvidia_nim: "NVIDIA NIM",
  openrouter: "OpenRouter",
  ovhcloud: "OVHcloud",
  perplexity: "Perplexity",
  sambanova: "SambaNova",
  scaleway: "Scaleway",
  together_ai: "Together AI",
  v0: "v0",
  vercel_ai_gateway: "Vercel AI Gateway",
  volcengine: "Volcengine (火山引擎)",
  wandb: "Weights & Biases",
  xai: "xAI",
  zai: "Z.ai (智谱)",
};

/** Whose name the interface gives. */
export type OwnKind = "openai_compatible" | "local";

/** The name of a kind; `own` names those that are no vendor. */
export function kindName(kind: KindName, own: (kind: OwnKind) => string): string {
  return NAMES[kind] ?? own(kind === "local" ? "local" : "openai_compatible");
}

/** A name for a provider of this kind that the project has not yet. */
export function suggestName(kind: KindName, taken: readonly string[]): string {
  if (!taken.includes(kind)) return kind;
  for (let number = 2; ; number += 1) {
    const name = `${kind}-${String(number)}`;
    if (!taken.includes(name)) return name;
  }
}

/** What a test asks by itself; of other kinds a model has to be named. */
const TESTED_BY_ITSELF: readonly KindName[] = [
  "openai",
  "anthropic",
  "gemini",
  "vertex_ai",
  "local",
];

export function needsModelForTest(kind: KindName): boolean {
  return !TESTED_BY_ITSELF.includes(kind);
}

/** The credentials as they are sent: what was left empty is not there. */
export function filledIn(credentials: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(credentials).filter(([, value]) => value !== ""));
}

/** The required fields that are empty; where every field is empty and `mayKeep`, none is. */
export function missingFields(
  kind: Kind,
  credentials: Record<string, string>,
  mayKeep: boolean,
): string[] {
  const filled = filledIn(credentials);
  if (mayKeep && Object.keys(filled).length === 0) return [];
  return kind.fields
    .filter(({ name, required }) => required && !(name in filled))
    .map(({ name }) => name);
}
