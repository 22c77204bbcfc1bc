"use client";

import { useState } from "react";

import { CopyButton } from "@/components/copy-button";
import { NativeSelect } from "@/components/ui/input";
import { Tab, TabList, TabPanel, Tabs } from "@/components/ui/tabs";
import { useDeployments } from "@/features/deployments/api";
import { useWords } from "@/lib/i18n/words";

import { useLive } from "../editor-scope";
import { useEditor } from "../store";
import { readValues } from "../values";
import { type Language, LANGUAGES, snippetOf } from "./snippets";

/** How to call the prompt from code, with its alias, its environments and its variables filled in. */
export function UseItView() {
  const words = useWords("editor.useIt");
  const prompt = useEditor((state) => state.prompt);
  const values = useEditor((state) => state.values);
  const names = useLive((live) => live.variables.names);
  const deployments = useDeployments(prompt.id);
  const [environment, setEnvironment] = useState<string | null>(null);
  const [language, setLanguage] = useState("curl");
  const places = deployments.data?.map((one) => one.environment) ?? [];
  const chosen = environment ?? places.find((name) => name === "prod") ?? places[0] ?? "prod";
  const { variables } = readValues(names, values);
  const filled = Object.fromEntries(names.map((name) => [name, variables[name] ?? "…"]));
  const codeOf = (language: Language) =>
    snippetOf(language, {
      origin: window.location.origin,
      alias: prompt.alias,
      environment: chosen,
      variables: filled,
    });
  return (
    <div className="flex min-h-0 flex-1 flex-col gap-4 overflow-auto p-4">
      <div className="flex flex-wrap items-center gap-3">
        <label className="flex items-center gap-2 text-sm">
          {words("environment")}
          <NativeSelect
            className="w-auto"
            value={chosen}
            onChange={(event) => {
              setEnvironment(event.target.value);
            }}
          >
            {(places.length === 0 ? ["prod"] : places).map((name) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </NativeSelect>
        </label>
        {deployments.isSuccess && places.length === 0 ? (
          <p className="text-sm text-warning">{words("notReleased")}</p>
        ) : null}
      </div>
      <Tabs value={language} onValueChange={setLanguage} className="rounded-md border bg-surface">
        <TabList aria-label={words("language")}>
          {LANGUAGES.map((one) => (
            <Tab key={one} value={one}>
              {NAMES[one]}
            </Tab>
          ))}
        </TabList>
        {LANGUAGES.map((one) => (
          <TabPanel key={one} value={one}>
            <div className="flex justify-end border-b px-2 py-1">
              <CopyButton text={codeOf(one)} label={words("copy")} />
            </div>
            <pre
              role="region"
              aria-label={NAMES[one]}
              // It scrolls sideways, by keyboard too.
              // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
              tabIndex={0}
              className="overflow-auto p-3 font-mono text-[13px] leading-5"
              data-testid={`code-${one}`}
            >
              {codeOf(one)}
            </pre>
          </TabPanel>
        ))}
      </Tabs>
      <p className="text-sm text-muted">{words("keyHint")}</p>
    </div>
  );
}

const NAMES: Record<Language, string> = {
  curl: "cURL",
  python: "Python",
  javascript: "JavaScript",
};
