import type common from "../../../messages/en/common.json";
import type editor from "../../../messages/en/editor.json";
import type people from "../../../messages/en/people.json";
import type prompts from "../../../messages/en/prompts.json";
import type runs from "../../../messages/en/runs.json";
import type settings from "../../../messages/en/settings.json";
import type start from "../../../messages/en/start.json";
import type { Locale } from "./locale";

/** The words of the interface by area; English has every key, and a test holds Chinese to it. */
export type Messages = {
  common: typeof common;
  editor: typeof editor;
  people: typeof people;
  prompts: typeof prompts;
  runs: typeof runs;
  settings: typeof settings;
  start: typeof start;
};

export type Area = keyof Messages;

// Spelled out, so that each file becomes a chunk of its own.
const FILES: Record<Locale, { [A in Area]: () => Promise<{ default: Messages[A] }> }> = {
  en: {
    common: () => import("../../../messages/en/common.json"),
    editor: () => import("../../../messages/en/editor.json"),
    people: () => import("../../../messages/en/people.json"),
    prompts: () => import("../../../messages/en/prompts.json"),
    runs: () => import("../../../messages/en/runs.json"),
    settings: () => import("../../../messages/en/settings.json"),
    start: () => import("../../../messages/en/start.json"),
  },
  "zh-CN": {
    common: () => import("../../../messages/zh-CN/common.json"),
    editor: () => import("../../../messages/zh-CN/editor.json"),
    people: () => import("../../../messages/zh-CN/people.json"),
    prompts: () => import("../../../messages/zh-CN/prompts.json"),
    runs: () => import("../../../messages/zh-CN/runs.json"),
    settings: () => import("../../../messages/zh-CN/settings.json"),
    start: () => import("../../../messages/zh-CN/start.json"),
  },
};

/** The messages of these areas. */
export async function loadMessages(
  locale: Locale,
  areas: readonly Area[],
): Promise<Partial<Messages>> {
  const loaded = await Promise.all(
    areas.map(async (area) => [area, (await FILES[locale][area]()).default] as const),
  );
  return Object.fromEntries(loaded);
}
