"use client";

import { useQuery } from "@tanstack/react-query";

import { CodeBlock } from "@/components/code-block";
import { SecretDialog } from "@/components/secret-dialog";
import { useDeployments } from "@/features/deployments/api";
import { fetchPrompt, fetchVersion, type Prompt, usePrompts } from "@/features/prompts/api";
import { useWords } from "@/lib/i18n/words";

import { readCommand, runCommand } from "./example-call";
import { mayRun } from "./key-values";
import type { ApiKey, KeyCreated } from "./keys-api";

/** A key's text, this once, with a call that works as it stands. */
export function NewSecret({ made, onClose }: { made: KeyCreated; onClose: () => void }) {
  const words = useWords("settings.keys");
  return (
    <SecretDialog
      title={words("secretTitle", { name: made.api_key.name })}
      description={words("secretHint")}
      label={words("secret")}
      secret={made.key}
      done={words("secretDone")}
      onClose={onClose}
    >
      {mayRun(made.api_key.scopes) ? (
        <RunExample secret={made.key} apiKey={made.api_key} />
      ) : (
        <CodeBlock
          label={words("tryIt")}
          copy={words("copyCommand")}
          code={readCommand(window.location.origin, made.key)}
        />
      )}
    </SecretDialog>
  );
}

/** A prompt that the key may run: the first of its list, else the first that has a version. */
function useCallable(apiKey: ApiKey): Prompt | null {
  const first = apiKey.prompts?.[0] ?? null;
  const prompts = usePrompts({ q: "", inText: false, tags: [], folder: null, archived: false });
  const named = useQuery({
    queryKey: ["prompts", "one", first],
    queryFn: () => fetchPrompt(first ?? ""),
    enabled: first !== null,
  });
  if (first !== null) return named.data ?? null;
  return prompts.data?.pages[0]?.data.find((one) => one.latest_version !== null) ?? null;
}

function RunExample({ secret, apiKey }: { secret: string; apiKey: ApiKey }) {
  const prompt = useCallable(apiKey);
  if (prompt?.latest_version == null) return null;
  return <RunOf secret={secret} apiKey={apiKey} prompt={prompt} version={prompt.latest_version} />;
}

type RunOfProps = { secret: string; apiKey: ApiKey; prompt: Prompt; version: string };

function RunOf({ secret, apiKey, prompt, version }: RunOfProps) {
  const words = useWords("settings.keys");
  const deployments = useDeployments(prompt.id);
  const content = useQuery({
    queryKey: ["prompts", "version", prompt.id, version],
    queryFn: () => fetchVersion(prompt.id, version),
    staleTime: Number.POSITIVE_INFINITY,
  });
  if (deployments.data === undefined || content.data === undefined) return null;
  const places = deployments.data
    .map((one) => one.environment)
    .filter((name) => apiKey.environments?.includes(name) ?? true);
  return (
    <CodeBlock
      label={words("tryIt")}
      copy={words("copyCommand")}
      code={runCommand({
        origin: window.location.origin,
        key: secret,
        alias: prompt.alias,
        environment: places.find((name) => name === "prod") ?? places[0] ?? null,
        version,
        variables: content.data.variables.required,
      })}
    />
  );
}
