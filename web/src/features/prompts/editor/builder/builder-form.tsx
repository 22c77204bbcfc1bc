"use client";

import { Plus } from "lucide-react";

import { Button } from "@/components/ui/button";
import { useWords } from "@/lib/i18n/words";

import { type Form, newKey } from "../content";
import { useEditorScope } from "../editor-scope";
import { useEditor, useEditorStore } from "../store";
import { ConstraintList } from "./constraint-list";
import { ExampleList } from "./example-list";
import { FormField } from "./form-field";

/** The prompt as a form: what the model is, what it does, what it has to know and to keep to. */
export function BuilderForm({ onSwitchToCode }: { onSwitchToCode: () => void }) {
  const words = useWords("editor.builder");
  const form = useEditor((state) => state.content.form);
  const store = useEditorStore();
  const { isReadOnly } = useEditorScope();
  const change = (part: Partial<Form>) => {
    const { content } = store.getState();
    store.getState().change({ form: { ...content.form, ...part } });
  };
  const common = { isReadOnly, onSwitchToCode };
  return (
    <div className="flex flex-col gap-5 p-4">
      <FormField
        {...common}
        label={words("role")}
        hint={words("roleHint")}
        value={form.role}
        rows={2}
        onChange={(role) => {
          change({ role });
        }}
      />
      <FormField
        {...common}
        label={words("task")}
        hint={words("taskHint")}
        value={form.task}
        rows={4}
        onChange={(task) => {
          change({ task });
        }}
      />
      <FormField
        {...common}
        label={words("context")}
        hint={words("contextHint")}
        value={form.context}
        rows={4}
        onChange={(context) => {
          change({ context });
        }}
      />
      <section aria-label={words("constraints")} className="flex flex-col gap-2">
        <h3 className="text-sm font-medium">{words("constraints")}</h3>
        <ConstraintList
          constraints={form.constraints}
          isReadOnly={isReadOnly}
          onSwitchToCode={onSwitchToCode}
          onChange={(constraints) => {
            change({ constraints });
          }}
        />
        {isReadOnly ? null : (
          <Button
            size="sm"
            className="self-start"
            onClick={() => {
              change({ constraints: [...form.constraints, { key: newKey(), text: "" }] });
            }}
          >
            <Plus />
            {words("addConstraint")}
          </Button>
        )}
      </section>
      <section aria-label={words("examples")} className="flex flex-col gap-2">
        <h3 className="text-sm font-medium">{words("examples")}</h3>
        <ExampleList
          examples={form.examples}
          isReadOnly={isReadOnly}
          onSwitchToCode={onSwitchToCode}
          onChange={(examples) => {
            change({ examples });
          }}
        />
        {isReadOnly ? null : (
          <Button
            size="sm"
            className="self-start"
            onClick={() => {
              change({ examples: [...form.examples, { key: newKey(), input: "", output: "" }] });
            }}
          >
            <Plus />
            {words("addExample")}
          </Button>
        )}
      </section>
    </div>
  );
}
