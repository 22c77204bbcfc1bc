import { useEffect } from "react";

/**
 * While `isDirty`, asks with `question` before a link leads away, and lets the browser ask before
 * the page is closed or loaded anew.
 */
export function useLeaveWarning(isDirty: boolean, question: string): void {
  useEffect(() => {
    if (!isDirty) return undefined;
    function beforeUnload(event: BeforeUnloadEvent) {
      event.preventDefault();
    }
    function beforeLink(event: MouseEvent) {
      const link = event.target instanceof Element ? event.target.closest("a[href]") : null;
      const isElsewhere =
        link?.getAttribute("target") === "_blank" || event.metaKey || event.ctrlKey;
      if (link === null || isElsewhere || window.confirm(question)) return;
      event.preventDefault();
      event.stopPropagation();
    }
    window.addEventListener("beforeunload", beforeUnload);
    window.addEventListener("click", beforeLink, { capture: true });
    return () => {
      window.removeEventListener("beforeunload", beforeUnload);
      window.removeEventListener("click", beforeLink, { capture: true });
    };
  }, [isDirty, question]);
}
