"use client";

import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";

import { ErrorPanel } from "@/components/error-panel";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Field } from "@/components/ui/field";
import { Input, Textarea } from "@/components/ui/input";
import { asApiError } from "@/lib/api/api-error";
import { useWords } from "@/lib/i18n/words";
import { useToasts } from "@/lib/toasts";

import { fetchBump, type Prompt, usePublish } from "../../api";
import { VersionDiff } from "../diff/version-diff";
import { useEditorScope } from "../editor-scope";
import { useEditor } from "../store";
import { useReload } from "../use-reload";

/** Before a version is made: what changes, which number it gets and why, and a message. */
export function SaveVersion({ onClose }: { onClose: () => void }) {
  const words = useWords("editor.saveDialog");
  const { saving } = useEditorScope();
  const prompt = useEditor((state) => state.prompt);
  const [isReady, setReady] = useState<boolean | null>(null);

  useEffect(() => {
    let isOpen = true;
    void saving.flush().then((isSaved) => {
      if (isOpen) setReady(isSaved);
    });
    return () => {
      isOpen = false;
    };
  }, [saving]);

  if (isReady === true) return <Review prompt={prompt} onClose={onClose} />;
  return (
    <Dialog open onOpenChange={onClose} title={words("title")}>
      <p role="status">{isReady === null ? words("saving") : words("notSaved")}</p>
    </Dialog>
  );
}

function Review({ prompt: opened, onClose }: { prompt: Prompt; onClose: () => void }) {
  // What is compared is what is published over, also in the moment when there is a newer one.
  const [prompt] = useState(opened);
  const words = useWords("editor.saveDialog");
  const common = useWords("common");
  const show = useToasts((state) => state.show);
  const reload = useReload();
  const problem = useEditor((state) => state.problem);
  const base = useEditor((state) => state.base.version);
  const [message, setMessage] = useState("");
  const [version, setVersion] = useState<string | null>(null);
  const bump = useQuery({
    queryKey: ["bump", prompt.id],
    queryFn: () => fetchBump(prompt.id),
    gcTime: 0,
  });
  const publish = usePublish(prompt.id);
  const error = publish.error === null ? null : asApiError(publish.error);
  const newest =
    error?.code === "version_conflict"
      ? (error.facts.latest_version as string | null)
      : prompt.latest_version;
  const isBehind = newest !== null && base !== null && newest !== base;
  const isSame = bump.data?.bump === null && prompt.latest_version !== null;
  const number = version ?? bump.data?.version ?? "";

  async function save() {
    const made = await publish.mutateAsync({
      version: number,
      ...(message.trim() === "" ? {} : { message: message.trim() }),
      expected_latest: prompt.latest_version,
    });
    show(words("saved", { version: made.version }));
    onClose();
    await reload();
  }

  return (
    <Dialog
      open
      wide
      onOpenChange={onClose}
      title={words("title")}
      description={
        prompt.latest_version === null
          ? words("first")
          : words("hint", { version: prompt.latest_version })
      }
      footer={
        <>
          <Button onClick={onClose}>{common("cancel")}</Button>
          <Button
            variant="primary"
            disabled={bump.data === undefined || isSame || problem !== null || publish.isPending}
            onClick={() => void save().catch(() => undefined)}
          >
            {words("save", { version: number })}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        {problem === null ? null : (
          <p role="alert" className="rounded-md bg-danger-soft px-3 py-2 text-sm">
            {words("problem")} {problem.detail}
          </p>
        )}
        {isBehind ? (
          <p role="alert" className="rounded-md bg-warning-soft px-3 py-2 text-sm">
            {words("behind", { newest, base })}
          </p>
        ) : null}
        {isSame ? <p className="rounded-md bg-sunken px-3 py-2 text-sm">{words("same")}</p> : null}
        {bump.error === null ? null : (
          <ErrorPanel error={bump.error} onRetry={() => void bump.refetch()} />
        )}
        <div className="grid gap-4 sm:grid-cols-[12rem_1fr]">
          <Field
            label={words("version")}
            hint={
              bump.data === undefined || bump.data.bump === null
                ? undefined
                : words(`bumps.${bump.data.bump}`)
            }
            error={error?.at("#/version")}
          >
            {(control) => (
              <Input
                {...control}
                className="font-mono"
                value={number}
                onChange={(event) => {
                  setVersion(event.target.value.trim());
                }}
              />
            )}
          </Field>
          <Field label={words("message")} error={error?.at("#/message")}>
            {(control) => (
              <Textarea
                {...control}
                rows={2}
                maxLength={2000}
                placeholder={words("messageHint")}
                value={message}
                onChange={(event) => {
                  setMessage(event.target.value);
                }}
              />
            )}
          </Field>
        </div>
        {bump.data?.reasons.length ? (
          <ul className="list-disc pl-5 text-sm text-muted">
            {bump.data.reasons.map(({ code, name }) => (
              <li key={`${code} ${name ?? ""}`}>
                {words(`reasons.${code}`, { name: name ?? "" })}
              </li>
            ))}
          </ul>
        ) : null}
        {error !== null && error.at("#/version") === null ? <ErrorPanel error={error} /> : null}
        {prompt.latest_version === null ? null : (
          <VersionDiff prompt={prompt.id} from={prompt.latest_version} to="draft" />
        )}
      </div>
    </Dialog>
  );
}
