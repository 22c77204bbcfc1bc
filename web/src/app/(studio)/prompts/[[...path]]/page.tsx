import { PromptPages } from "./prompt-pages";

/** One exported page for the list and for every prompt; the server answers /prompts/… with it. */
export function generateStaticParams() {
  return [{ path: [] as string[] }];
}

export default function PromptsPage() {
  return <PromptPages />;
}
