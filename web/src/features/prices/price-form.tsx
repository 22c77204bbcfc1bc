"use client";

import { zodResolver } from "@hookform/resolvers/zod";
import { useId } from "react";
import { useForm, useWatch } from "react-hook-form";

import { ErrorPanel } from "@/components/error-panel";
import { FormDialog } from "@/components/form-dialog";
import { Field } from "@/components/ui/field";
import { Input, NativeSelect } from "@/components/ui/input";
import { useModels, useProviders } from "@/features/providers/api";
import { problemOf } from "@/lib/api/field-problems";
import { useWords } from "@/lib/i18n/words";

import { bodyOfPrice, priceForm, RATES } from "./price-values";
import { type Price, usePutPrice } from "./prices-api";
import { RatesText } from "./rates";

const POINTERS = {
  input: "#/prices/input",
  output: "#/prices/output",
  cachedInput: "#/prices/cached_input",
  reasoning: "#/prices/reasoning",
} as const;

type Props = {
  /** Whose provider and model are filled in, and whether as a price that ends there. */
  from: { price: Price; isEnd: boolean } | null;
  onClose: () => void;
};

/** What a model costs from a day on, beside what is known of it. */
export function PriceForm({ from, onClose }: Props) {
  const words = useWords("settings.prices");
  const put = usePutPrice();
  const providers = useProviders();
  const models = useModels();
  const id = useId();
  const rates = from?.isEnd === false ? from.price.prices : null;
  const { register, handleSubmit, formState, control } = useForm({
    resolver: zodResolver(priceForm),
    defaultValues: {
      provider: from?.price.provider ?? providers.data?.[0]?.name ?? "",
      model: from?.price.model ?? "",
      isUnknown: from?.isEnd ?? false,
      input: rates?.input ?? "",
      output: rates?.output ?? "",
      cachedInput: rates?.cached_input ?? "",
      reasoning: rates?.reasoning ?? "",
      startsOn: "",
    },
  });
  const { provider, model, isUnknown } = useWatch({ control });
  const { errors } = formState;
  const problem = problemOf(put.error, [
    "#/provider",
    "#/model",
    "#/starts_at",
    ...Object.values(POINTERS),
  ]);
  const ofProvider = models.data?.filter((one) => one.provider === provider) ?? [];
  const known = ofProvider.find((one) => one.name === model?.trim());
  const names = [...new Set([...(providers.data ?? []).map((one) => one.name), provider ?? ""])];

  const submit = handleSubmit(async (values) => {
    await put.mutateAsync(bodyOfPrice(values));
    onClose();
  });

  return (
    <FormDialog
      title={words(from?.isEnd ? "endTitle" : "newTitle")}
      description={words(from?.isEnd ? "endHint" : "newHint")}
      action={words("savePrice")}
      isDirty={formState.isDirty}
      isPending={put.isPending}
      onSubmit={submit}
      onClose={onClose}
    >
      <div className="grid gap-4 sm:grid-cols-2">
        <Field
          label={words("provider")}
          error={errors.provider ? words("needed") : problem.at("#/provider")}
        >
          {(field) => (
            <NativeSelect {...field} {...register("provider")}>
              {names.map((name) => (
                <option key={name} value={name}>
                  {name}
                </option>
              ))}
            </NativeSelect>
          )}
        </Field>
        <Field
          label={words("model")}
          error={errors.model ? words("modelRule") : problem.at("#/model")}
        >
          {(field) => (
            <>
              <Input
                {...field}
                {...register("model")}
                list={`${id}-models`}
                className="font-mono"
                autoComplete="off"
                spellCheck={false}
              />
              <datalist id={`${id}-models`}>
                {ofProvider.map((one) => (
                  <option key={one.name} value={one.name} />
                ))}
              </datalist>
            </>
          )}
        </Field>
      </div>
      <p className="text-sm text-muted" role="status">
        {known === undefined ? (
          words("noTable")
        ) : (
          <>
            {words(known.price_source === "project" ? "ownNow" : "tableNow")}{" "}
            <RatesText rates={known.prices} />
          </>
        )}
      </p>
      <label className="flex items-center gap-2 text-sm">
        <input type="checkbox" {...register("isUnknown")} />
        {words("isUnknown")}
      </label>
      {isUnknown ? (
        <p className="text-sm text-muted">{words("unknownHint")}</p>
      ) : (
        <div className="grid gap-4 sm:grid-cols-2">
          {RATES.map((name) => (
            <Field
              key={name}
              label={words(`rates.${name}.title`)}
              hint={words(`rates.${name}.hint`)}
              error={errors[name] ? words("rateRule") : problem.at(POINTERS[name])}
            >
              {(field) => (
                <Input
                  {...field}
                  {...register(name)}
                  inputMode="decimal"
                  className="tabular-nums"
                  autoComplete="off"
                />
              )}
            </Field>
          ))}
        </div>
      )}
      <Field
        label={words("startsOn")}
        hint={words("startsHint")}
        error={problem.at("#/starts_at")}
        className="max-w-60"
      >
        {(field) => <Input {...field} {...register("startsOn")} type="date" />}
      </Field>
      {problem.rest === null ? null : <ErrorPanel error={problem.rest} />}
    </FormDialog>
  );
}
