import { expect, it } from "vitest";

import { filledIn, kindName, missingFields, suggestName } from "./kinds";
import type { Kind } from "./providers-api";

const AZURE: Kind = {
  kind: "azure",
  lane: "direct",
  base_url: "required",
  default_base_url: null,
  fields: [
    { name: "api_key", required: true, secret: true },
    { name: "api_version", required: true, secret: false },
    { name: "extra", required: false, secret: false },
  ],
};

it("names a vendor as it names itself, and what is no vendor by the words given", () => {
  const own = (kind: string) => `own ${kind}`;
  expect(kindName("openai", own)).toBe("OpenAI");
  expect(kindName("openai_compatible", own)).toBe("own openai_compatible");
  expect(kindName("local", own)).toBe("own local");
});

it("suggests a name that is free", () => {
  expect(suggestName("openai", [])).toBe("openai");
  expect(suggestName("openai", ["openai", "openai-2", "groq"])).toBe("openai-3");
});

it("sends no field that was left empty", () => {
  expect(filledIn({ api_key: "k", extra: "" })).toEqual({ api_key: "k" });
});

it("asks for every required field of a new provider", () => {
  expect(missingFields(AZURE, { api_key: "", api_version: "v" }, false)).toEqual(["api_key"]);
  expect(missingFields(AZURE, {}, false)).toEqual(["api_key", "api_version"]);
});

it("keeps stored credentials only where none was typed: they are replaced together", () => {
  expect(missingFields(AZURE, { api_key: "", extra: "" }, true)).toEqual([]);
  expect(missingFields(AZURE, { api_key: "new" }, true)).toEqual(["api_version"]);
});
