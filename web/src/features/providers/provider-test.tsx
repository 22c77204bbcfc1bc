"use client";

import { CircleCheck, TriangleAlert } from "lucide-react";
import { type FormEvent, useEffect, useId, useRef, useState } from "react";
import { useFormatter } from "use-intl";

import { ErrorPanel } from "@/components/error-panel";
import { Button } from "@/components/ui/button";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { useWords } from "@/lib/i18n/words";

import type { Provider } from "./api";
import { needsModelForTest } from "./kinds";
import { type TestOutcome, useModelsOf, useTestProvider } from "./providers-api";

const SHOWN_MODELS = 5;
const EXPLAINED = [
  "provider_auth",
  "provider_quota",
  "provider_rate_limited",
  "provider_timeout",
  "provider_error",
] as const;
type Explained = (typeof EXPLAINED)[number];

type Props = { provider: Provider; startsAtOnce: boolean; onReplaceKey: () => void };

/** Makes the smallest real call to a provider, and says in words how it went and what to do. */
export function ProviderTest({ provider, startsAtOnce, onReplaceKey }: Props) {
  const words = useWords("settings.providers");
  const test = useTestProvider();
  const models = useModelsOf(provider.name, true);
  const [model, setModel] = useState("");
  const [isMissing, setMissing] = useState(false);
  const id = useId();
  const isNeeded = needsModelForTest(provider.kind);
  const started = useRef(false);
  const { mutate } = test;

  useEffect(() => {
    if (!startsAtOnce || isNeeded || started.current) return;
    started.current = true;
    mutate({ id: provider.id, model: "" });
  }, [startsAtOnce, isNeeded, mutate, provider.id]);

  function submit(event: FormEvent) {
    event.preventDefault();
    const isEmpty = model.trim() === "";
    setMissing(isNeeded && isEmpty);
    if (isNeeded && isEmpty) return;
    mutate({ id: provider.id, model: model.trim() });
  }

  return (
    <div className="flex flex-col gap-3 rounded-md bg-sunken p-3">
      <form className="flex flex-wrap items-start gap-2" onSubmit={submit}>
        <Field
          label={words("testModel")}
          hint={isNeeded ? words("testModelNeeded") : words("testModelHint")}
          error={isMissing ? words("needed") : null}
          className="min-w-0 flex-1 basis-60"
        >
          {(control) => (
            <>
              <Input
                {...control}
                list={`${id}-models`}
                className="font-mono"
                autoComplete="off"
                spellCheck={false}
                value={model}
                onChange={(event) => {
                  setModel(event.target.value);
                }}
              />
              <datalist id={`${id}-models`}>
                {models.data?.map((one) => (
                  <option key={one.name} value={one.name} />
                ))}
              </datalist>
            </>
          )}
        </Field>
        <Button type="submit" className="sm:mt-5.5" disabled={test.isPending}>
          {test.isPending ? words("testing") : words("testNow")}
        </Button>
      </form>
      <div role="status">
        {test.data === undefined || test.isPending ? null : (
          <Outcome
            outcome={test.data}
            models={models.data?.map((one) => one.name) ?? []}
            onReplaceKey={provider.kind === "local" ? null : onReplaceKey}
          />
        )}
      </div>
      {test.error === null ? null : <ErrorPanel error={test.error} />}
    </div>
  );
}

type OutcomeProps = {
  outcome: TestOutcome;
  models: readonly string[];
  onReplaceKey: (() => void) | null;
};

function Outcome({ outcome, models, onReplaceKey }: OutcomeProps) {
  const words = useWords("settings.providers");
  const format = useFormatter();
  const latency = format.number(outcome.latency_ms);
  if (outcome.ok) {
    return (
      <div className="flex items-start gap-2 text-sm">
        <CircleCheck className="mt-0.5 size-4 shrink-0 text-success" aria-hidden />
        <div className="min-w-0">
          <p className="font-medium">{words("works", { model: outcome.model, latency })}</p>
          <p className="break-words text-muted">
            {models.length === 0
              ? words("noModelsKnown")
              : words("modelsKnown", {
                  count: models.length,
                  names: models.slice(0, SHOWN_MODELS).join(", "),
                })}
          </p>
        </div>
      </div>
    );
  }
  const code = (EXPLAINED as readonly string[]).includes(outcome.code ?? "")
    ? (outcome.code as Explained)
    : "other";
  return (
    <div className="flex items-start gap-2 text-sm">
      <TriangleAlert
        className="mt-0.5 size-4 shrink-0 text-danger dark:text-variable-6"
        aria-hidden
      />
      <div className="flex min-w-0 flex-1 flex-col gap-1">
        <p className="font-medium">{words(`failed.${code}.what`)}</p>
        <p>{words(`failed.${code}.next`)}</p>
        <p className="break-words text-muted">
          {words("detail", { reason: outcome.reason ?? "", model: outcome.model, latency })}
        </p>
        {code === "provider_auth" && onReplaceKey !== null ? (
          <Button size="sm" className="self-start" onClick={onReplaceKey}>
            {words("replaceKey")}
          </Button>
        ) : null}
      </div>
    </div>
  );
}
