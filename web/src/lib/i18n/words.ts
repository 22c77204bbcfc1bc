import { useTranslations } from "use-intl";

import type { Messages } from "./messages";

declare module "use-intl" {
  interface AppConfig {
    Messages: Messages;
  }
}

/** The words of one area in the chosen language, by key; the keys are checked by TypeScript. */
export const useWords = useTranslations;
