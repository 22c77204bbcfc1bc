"use client";

import { useRouter } from "next/navigation";
import { useEffect } from "react";

/** The server answers / with a redirect; this is for `next dev`. */
export default function StartPage() {
  const router = useRouter();
  useEffect(() => {
    router.replace("/prompts");
  }, [router]);
  return null;
}
