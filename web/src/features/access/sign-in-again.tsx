"use client";

import { Dialog } from "@/components/ui/dialog";
import { useWords } from "@/lib/i18n/words";

/** Asks for the password over a page whose session has ended; the page keeps its text. */
export function SignInAgain({ email }: { email: string | null }) {
  const words = useWords("common");
  return (
    <Dialog open persistent onOpenChange={() => undefined} title={words("sessionEnded")}>
      {email}
    </Dialog>
  );
}
