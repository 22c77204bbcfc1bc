"use client";

import { X } from "lucide-react";

import { Button } from "@/components/ui/button";
import { useWords } from "@/lib/i18n/words";

import type { Example } from "../content";
import { FormField } from "./form-field";

type Props = {
  examples: Example[];
  isReadOnly: boolean;
  onChange: (examples: Example[]) => void;
  onSwitchToCode: () => void;
};

/** Few-shot pairs: what goes in, and what should come out. */
export function ExampleList({ examples, isReadOnly, onChange, onSwitchToCode }: Props) {
  const words = useWords("editor.builder");
  const change = (key: string, part: Partial<Example>) => {
    onChange(examples.map((one) => (one.key === key ? { ...one, ...part } : one)));
  };
  return (
    <ol className="flex flex-col gap-3">
      {examples.map((example, index) => (
        <li key={example.key} className="flex items-start gap-1 rounded-md border p-2">
          <div className="grid min-w-0 flex-1 gap-2 sm:grid-cols-2">
            <FormField
              label={words("exampleInput", { number: index + 1 })}
              value={example.input}
              rows={2}
              isReadOnly={isReadOnly}
              onSwitchToCode={onSwitchToCode}
              onChange={(input) => {
                change(example.key, { input });
              }}
            />
            <FormField
              label={words("exampleOutput", { number: index + 1 })}
              value={example.output}
              rows={2}
              isReadOnly={isReadOnly}
              onSwitchToCode={onSwitchToCode}
              onChange={(output) => {
                change(example.key, { output });
              }}
            />
          </div>
          {isReadOnly ? null : (
            <Button
              variant="ghost"
              size="icon-sm"
              aria-label={words("removeExample", { number: index + 1 })}
              onClick={() => {
                onChange(examples.filter((one) => one.key !== example.key));
              }}
            >
              <X />
            </Button>
          )}
        </li>
      ))}
    </ol>
  );
}
