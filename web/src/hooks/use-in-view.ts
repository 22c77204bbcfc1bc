import { type RefObject, useEffect, useRef, useState } from "react";

/** Whether an element has come into sight yet. */
export function useInView<T extends Element>(): [RefObject<T | null>, boolean] {
  const place = useRef<T>(null);
  const [wasSeen, setSeen] = useState(false);
  useEffect(() => {
    if (place.current === null || wasSeen) return undefined;
    const observer = new IntersectionObserver(
      (entries) => {
        if (entries.some(({ isIntersecting }) => isIntersecting)) setSeen(true);
      },
      { rootMargin: "200px" },
    );
    observer.observe(place.current);
    return () => {
      observer.disconnect();
    };
  }, [wasSeen]);
  return [place, wasSeen];
}
