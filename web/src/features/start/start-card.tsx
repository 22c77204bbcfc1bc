"use client";

import { Code, PenLine, Plug, X } from "lucide-react";
import Link from "next/link";
import { useState } from "react";

import { PromptLink } from "@/components/prompt-link";
import { Button } from "@/components/ui/button";
import { useMay, useProject, useSession } from "@/features/access/api";
import { type Prompt, usePrompts } from "@/features/prompts/api";
import { useProviders } from "@/features/providers/api";
import { useWords } from "@/lib/i18n/words";
import { promptAddress } from "@/lib/navigation";

import { FirstRun } from "./first-run";
import { type Facts, progressOf, type Step, stepsLeft, useProgressStore } from "./progress";
import { useWasCalled } from "./start-api";

/** What the demo project is made with; the first is the one that is tried. */
const DEMO = "demo";
const EXAMPLE = "blog-intro";
const EXAMPLES: readonly string[] = [EXAMPLE, "feedback-sentiment", "customer-reply-zh"];
const ICONS = { write: PenLine, call: Code, provider: Plug } as const;

/** The way to a first answer, and then the next steps; gone when they are done or put away. */
export function StartCard() {
  const { data } = useSession();
  return data === undefined ? null : <Start user={data.user.id} />;
}

/** Everything that the card depends on, or null while a part of it is not known. */
function useFacts() {
  const project = useProject();
  const mayRun = useMay("runs.run");
  const mayWrite = useMay("prompts.write");
  const mayManageProviders = useMay("providers.manage");
  const prompts = usePrompts({ q: "", inText: false, tags: [], folder: null, archived: false });
  const providers = useProviders();
  const called = useWasCalled(mayRun);
  const rows = prompts.data?.pages[0]?.data;
  if (rows === undefined || providers.data === undefined || (mayRun && called.data === undefined))
    return null;
  const isDemo = project?.slug === DEMO;
  const isExample = (row: Prompt) => isDemo && EXAMPLES.includes(row.alias);
  const facts: Facts = {
    mayWrite,
    mayManageProviders,
    hasOwnPrompt: rows.some((row) => !isExample(row)),
    hasVersion: mayRun && rows.some((row) => row.latest_version !== null),
    wasCalled: called.data ?? false,
    hasRealProvider: providers.data.some((one) => one.kind !== "local"),
  };
  const example = isDemo && mayRun ? rows.find((row) => row.alias === EXAMPLE) : undefined;
  return {
    facts,
    example: example?.latest_version == null ? null : example,
    callable: rows.find((row) => row.latest_version !== null) ?? null,
    isLocalOnly: providers.data.every((one) => one.kind === "local"),
  };
}

function Start({ user }: { user: string }) {
  const words = useWords("start");
  const of = useProgressStore((state) => state.of);
  const change = useProgressStore((state) => state.change);
  const progress = progressOf(of, user);
  // Who has just run it goes on seeing the answer.
  const [isTrying] = useState(!progress.hasRun);
  const known = useFacts();
  if (known === null) return null;
  const { facts, example, callable, isLocalOnly } = known;
  const steps = stepsLeft(facts, progress);
  const version = example?.latest_version ?? null;
  const isTried = isTrying && example !== null && version !== null;
  if (!isTried && steps.length === 0) return null;
  const isBefore = isTried && !progress.hasRun;
  return (
    <section
      aria-labelledby="start"
      data-testid="start"
      className="m-4 flex flex-col gap-4 rounded-lg border border-accent/40 bg-accent-soft/40 p-4"
    >
      <header className="flex items-start gap-2">
        <div className="min-w-0 flex-1">
          <h2 id="start" className="text-lg font-semibold">
            {isBefore ? words("title") : words("nextTitle")}
          </h2>
          {isBefore ? (
            <p className="text-sm text-muted">{words("hint", { name: example.name })}</p>
          ) : null}
        </div>
        <Button
          size="icon-sm"
          variant="ghost"
          aria-label={words("close")}
          onClick={() => {
            change(user, { isClosed: true });
          }}
        >
          <X />
        </Button>
      </header>
      {isTried ? (
        <FirstRun
          prompt={example}
          version={version}
          isLocalOnly={isLocalOnly}
          onDone={() => {
            change(user, { hasRun: true });
          }}
        />
      ) : null}
      <ul className="grid gap-2 empty:hidden md:grid-cols-3">
        {steps.map((step) => (
          <StepItem
            key={step}
            step={step}
            alias={callable?.alias ?? ""}
            onDismiss={() => {
              change(user, { dismissed: [...progress.dismissed, step] });
            }}
          />
        ))}
      </ul>
    </section>
  );
}

type StepProps = { step: Step; alias: string; onDismiss: () => void };

function StepItem({ step, alias, onDismiss }: StepProps) {
  const words = useWords("start");
  const Icon = ICONS[step];
  const title = words(`steps.${step}.title`);
  const look = "font-medium text-accent-text hover:underline";
  return (
    <li className="flex items-start gap-2 rounded-md border bg-surface p-3 text-sm">
      <Icon className="mt-0.5 size-4 shrink-0 text-accent-text" aria-hidden />
      <div className="min-w-0 flex-1">
        {step === "provider" ? (
          <Link href="/settings/providers" className={look}>
            {title}
          </Link>
        ) : (
          <PromptLink
            href={step === "write" ? "/prompts?new=1" : promptAddress(alias, { view: "use" })}
            className={look}
          >
            {title}
          </PromptLink>
        )}
        <p className="text-muted">{words(`steps.${step}.hint`)}</p>
      </div>
      <Button
        size="icon-sm"
        variant="ghost"
        className="-mt-1 -mr-1"
        aria-label={words("dismiss", { title })}
        onClick={onDismiss}
      >
        <X />
      </Button>
    </li>
  );
}
