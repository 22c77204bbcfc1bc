"use client";

import { Field } from "@/components/ui/field";
import { Input, NativeSelect } from "@/components/ui/input";
import { useWords } from "@/lib/i18n/words";

import type { Config } from "../content";

type Parameters = NonNullable<Config["parameters"]>;
type NumberName =
  "temperature" | "top_p" | "max_tokens" | "seed" | "presence_penalty" | "frequency_penalty";

const NUMBERS: readonly { name: NumberName; min: number; max?: number; step: number }[] = [
  { name: "temperature", min: 0, max: 2, step: 0.1 },
  { name: "max_tokens", min: 1, step: 1 },
  { name: "top_p", min: 0, max: 1, step: 0.05 },
  { name: "seed", min: 0, step: 1 },
  { name: "presence_penalty", min: -2, max: 2, step: 0.1 },
  { name: "frequency_penalty", min: -2, max: 2, step: 0.1 },
];
const EFFORTS = ["minimal", "low", "medium", "high"] as const;
export const OVERRIDABLE = [
  "temperature",
  "top_p",
  "max_tokens",
  "max_completion_tokens",
  "stop",
  "seed",
  "presence_penalty",
  "frequency_penalty",
  "reasoning_effort",
] as const;

type Props = { config: Config; isReadOnly: boolean; onChange: (part: Partial<Config>) => void };

/** The parameters of the model; one left empty is not sent. */
export function ParameterForm({ config, isReadOnly, onChange }: Props) {
  const words = useWords("editor.config");
  const parameters = config.parameters ?? {};
  const change = (part: Partial<Parameters>) => {
    onChange({ parameters: { ...parameters, ...part } });
  };
  return (
    <div className="grid grid-cols-2 gap-3">
      {NUMBERS.map(({ name, min, max, step }) => (
        <Field key={name} label={<code className="text-xs">{name}</code>}>
          {(control) => (
            <Input
              {...control}
              type="number"
              min={min}
              {...(max === undefined ? {} : { max })}
              step={step}
              readOnly={isReadOnly}
              placeholder={words("notSent")}
              value={parameters[name] ?? ""}
              onChange={(event) => {
                change({ [name]: event.target.value === "" ? null : Number(event.target.value) });
              }}
            />
          )}
        </Field>
      ))}
      <Field label={<code className="text-xs">reasoning_effort</code>}>
        {(control) => (
          <NativeSelect
            {...control}
            disabled={isReadOnly}
            value={parameters.reasoning_effort ?? ""}
            onChange={(event) => {
              change({
                reasoning_effort: EFFORTS.find((effort) => effort === event.target.value) ?? null,
              });
            }}
          >
            <option value="">{words("notSent")}</option>
            {EFFORTS.map((effort) => (
              <option key={effort} value={effort}>
                {effort}
              </option>
            ))}
          </NativeSelect>
        )}
      </Field>
      <Field label={<code className="text-xs">stop</code>} hint={words("stopHint")}>
        {(control) => (
          <Input
            {...control}
            readOnly={isReadOnly}
            placeholder={words("notSent")}
            value={parameters.stop?.[0] ?? ""}
            onChange={(event) => {
              const rest = parameters.stop?.slice(1) ?? [];
              const stop = event.target.value === "" ? rest : [event.target.value, ...rest];
              change({ stop: stop.length === 0 ? null : stop });
            }}
          />
        )}
      </Field>
      <Field className="col-span-2" label={words("fallbacks")} hint={words("fallbacksHint")}>
        {(control) => (
          <Input
            {...control}
            readOnly={isReadOnly}
            className="font-mono text-xs"
            defaultValue={(config.fallback_models ?? []).join(", ")}
            onChange={(event) => {
              const fallbacks = event.target.value
                .split(/[\s,，]+/)
                .filter((name) => name.includes("/"));
              onChange({ fallback_models: fallbacks });
            }}
          />
        )}
      </Field>
      <fieldset className="col-span-2">
        <legend className="text-sm font-medium">{words("overridable")}</legend>
        <p className="mb-1 text-xs text-muted">{words("overridableHint")}</p>
        <div className="grid grid-cols-2 gap-x-3">
          {OVERRIDABLE.map((name) => (
            <label key={name} className="flex items-center gap-1.5 text-xs">
              <input
                type="checkbox"
                disabled={isReadOnly}
                checked={config.overridable?.includes(name) ?? false}
                onChange={(event) => {
                  const others = (config.overridable ?? []).filter((one) => one !== name);
                  onChange({ overridable: event.target.checked ? [...others, name] : others });
                }}
              />
              <code>{name}</code>
            </label>
          ))}
        </div>
      </fieldset>
    </div>
  );
}
