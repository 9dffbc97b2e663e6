/* useEnd.ts - an element at the end of a list; when it comes near, the next page is fetched. */
import { useEffect, useRef } from 'react';

export function useEnd(more: boolean, fetch: () => unknown) {
  const end = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = end.current;
    if (!element || !more) return;
    const observer = new IntersectionObserver(([entry]) => entry?.isIntersecting && void fetch(), { rootMargin: '600px' });
    observer.observe(element);
    return () => observer.disconnect();
  }, [more, fetch]);
  return end;
}
