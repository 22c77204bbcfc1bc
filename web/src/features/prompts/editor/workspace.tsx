"use client";

import dynamic from "next/dynamic";
import { useCallback, useEffect, useState } from "react";

import { Split } from "@/components/ui/split";
import { Tab, TabList, TabPanel, Tabs } from "@/components/ui/tabs";
import { useMedia } from "@/hooks/use-media";
import { useWords } from "@/lib/i18n/words";
import { replaceAddress, useQueryParams } from "@/lib/navigation";

import { Banners } from "./banners/banners";
import { EditorHeader, type View } from "./header/editor-header";
import { PreviewPane } from "./preview/preview-pane";
import { SourcePane } from "./source-pane";
import { useEditor } from "./store";
import { VariablePanel } from "./panels/variable-panel";
import { CostRadar } from "./radar/cost-radar";
import { RunScopeProvider, useRunScope } from "./run/run-scope";

const RunPane = dynamic(async () => (await import("./run/run-pane")).RunPane, { ssr: false });
const TakeRun = dynamic(async () => (await import("./run/take-run")).TakeRun, { ssr: false });
const HistoryView = dynamic(async () => (await import("./history/history-view")).HistoryView, {
  ssr: false,
});
const ReleaseView = dynamic(async () => (await import("./release/release-view")).ReleaseView, {
  ssr: false,
});
const UseItView = dynamic(async () => (await import("./use-it/use-it-view")).UseItView, {
  ssr: false,
});

const VIEWS: readonly View[] = ["edit", "history", "releases", "use"];
type Side = "preview" | "run";
type Pane = "source" | "variables" | Side;

/** The open prompt: its text left, what follows from it right, and its other views. */
export function Workspace() {
  const [pane, setPane] = useState<Pane>("source");
  const [side, setSide] = useState<Side>("preview");
  const showRun = useCallback(() => {
    setSide("run");
    setPane("run");
  }, []);
  return (
    <RunScopeProvider onRun={showRun}>
      <Views pane={pane} onPane={setPane} side={side} onSide={setSide} />
    </RunScopeProvider>
  );
}

type ViewsProps = {
  pane: Pane;
  onPane: (pane: Pane) => void;
  side: Side;
  onSide: (side: Side) => void;
};

function Views(props: ViewsProps) {
  const query = useQueryParams();
  const prompt = useEditor((state) => state.prompt);
  const view = VIEWS.find((one) => one === query.get("view")) ?? "edit";
  const isWide = useMedia("(min-width: 900px)");
  const { runAll } = useRunScope();
  // The address names it until its values are taken.
  const [taken] = useState(query.get("run"));

  useEffect(() => {
    function listen(event: KeyboardEvent) {
      if ((event.metaKey || event.ctrlKey) && event.key === "Enter") {
        event.preventDefault();
        event.stopPropagation();
        runAll();
      }
    }
    window.addEventListener("keydown", listen, { capture: true });
    return () => {
      window.removeEventListener("keydown", listen, { capture: true });
    };
  }, [runAll]);

  const show = (wanted: View) => {
    const next = new URLSearchParams(query);
    next.delete("from");
    next.delete("to");
    if (wanted === "edit") next.delete("view");
    else next.set("view", wanted);
    const search = next.toString();
    replaceAddress(
      `/prompts/${encodeURIComponent(prompt.alias)}${search === "" ? "" : `?${search}`}`,
    );
  };

  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <EditorHeader view={view} onView={show} />
      <Banners />
      {taken === null ? null : <TakeRun id={taken} />}
      {view === "edit" ? isWide ? <WideEditor {...props} /> : <NarrowEditor {...props} /> : null}
      {view === "history" ? (
        <HistoryView
          onEdit={() => {
            show("edit");
          }}
        />
      ) : null}
      {view === "releases" ? <ReleaseView /> : null}
      {view === "use" ? <UseItView /> : null}
    </div>
  );
}

function WideEditor({ side, onSide }: ViewsProps) {
  const words = useWords("editor");
  return (
    <>
      <Split
        label={words("resize")}
        start={54}
        left={<SourcePane />}
        right={
          <>
            <div className="max-h-[45%] shrink-0 overflow-auto border-b">
              <VariablePanel />
            </div>
            <Tabs
              value={side}
              onValueChange={(value) => {
                onSide(value === "run" ? "run" : "preview");
              }}
              className="flex min-h-0 flex-1 flex-col"
            >
              <TabList aria-label={words("results")}>
                <Tab value="preview">{words("preview.title")}</Tab>
                <Tab value="run">{words("run.title")}</Tab>
              </TabList>
              <TabPanel value="preview" className="flex-1 overflow-auto">
                <PreviewPane />
              </TabPanel>
              <TabPanel value="run" className="flex flex-1 flex-col">
                <RunPane />
              </TabPanel>
            </Tabs>
          </>
        }
      />
      <CostRadar />
    </>
  );
}

/** On a phone one thing at a time. */
function NarrowEditor({ pane, onPane, onSide }: ViewsProps) {
  const words = useWords("editor");
  return (
    <>
      <Tabs
        value={pane}
        onValueChange={(value) => {
          onPane(value as Pane);
          if (value === "preview" || value === "run") onSide(value);
        }}
        className="flex min-h-0 flex-1 flex-col"
      >
        <TabList aria-label={words("parts")}>
          <Tab value="source">{words("source")}</Tab>
          <Tab value="variables">{words("variables.title")}</Tab>
          <Tab value="preview">{words("preview.title")}</Tab>
          <Tab value="run">{words("run.title")}</Tab>
        </TabList>
        <TabPanel value="source" className="flex flex-1 flex-col">
          <SourcePane />
        </TabPanel>
        <TabPanel value="variables" className="flex-1 overflow-auto">
          <VariablePanel />
        </TabPanel>
        <TabPanel value="preview" className="flex-1 overflow-auto">
          <PreviewPane />
        </TabPanel>
        <TabPanel value="run" className="flex flex-1 flex-col">
          <RunPane />
        </TabPanel>
      </Tabs>
      <CostRadar />
    </>
  );
}
