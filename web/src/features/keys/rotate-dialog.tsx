"use client";

import { useState } from "react";

import { FormDialog } from "@/components/form-dialog";
import { ErrorPanel } from "@/components/error-panel";
import { Field } from "@/components/ui/field";
import { NativeSelect } from "@/components/ui/input";
import { useWords } from "@/lib/i18n/words";

import { type ApiKey, type KeyCreated, useRotateKey } from "./keys-api";

const HOUR_S = 3600;
const OVERLAPS = [
  ["none", 0],
  ["hour", HOUR_S],
  ["day", 24 * HOUR_S],
  ["week", 7 * 24 * HOUR_S],
  ["month", 30 * 24 * HOUR_S],
] as const;
const DEFAULT_S = 24 * HOUR_S;

type Props = { apiKey: ApiKey; onRotated: (made: KeyCreated) => void; onClose: () => void };

/** Gives a key a new text, and says for how long the one before goes on working. */
export function RotateDialog({ apiKey, onRotated, onClose }: Props) {
  const words = useWords("settings.keys");
  const rotate = useRotateKey();
  const [overlapS, setOverlap] = useState(DEFAULT_S);
  return (
    <FormDialog
      title={words("rotateTitle", { name: apiKey.name })}
      description={words("rotateHint")}
      action={words("rotate")}
      isDirty={false}
      isPending={rotate.isPending}
      onClose={onClose}
      onSubmit={async () => {
        onRotated(await rotate.mutateAsync({ id: apiKey.id, overlapS }));
      }}
    >
      <Field
        label={words("overlap")}
        hint={overlapS === 0 ? words("overlapNone") : words("overlapHint")}
      >
        {(control) => (
          <NativeSelect
            {...control}
            value={overlapS}
            onChange={(event) => {
              setOverlap(Number(event.target.value));
            }}
          >
            {OVERLAPS.map(([name, seconds]) => (
              <option key={name} value={seconds}>
                {words(`overlaps.${name}`)}
              </option>
            ))}
          </NativeSelect>
        )}
      </Field>
      {rotate.error === null ? null : <ErrorPanel error={rotate.error} />}
    </FormDialog>
  );
}
