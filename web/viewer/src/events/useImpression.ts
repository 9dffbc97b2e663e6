/* useImpression.ts - a card counts as seen once half of it has been on the screen for half a second, once a visit. */
import { useEffect, type RefObject } from 'react';
import type { Impression } from '@shared/api/client';
import { eventNote } from './queue';

export function useImpression(ref: RefObject<HTMLElement | null>, impression: Impression | null): void {
  const { row, row_index, position, title_id } = impression ?? {};
  useEffect(() => {
    const element = ref.current;
    if (!element || row === undefined || row_index === undefined || position === undefined || title_id === undefined) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const observer = new IntersectionObserver(
      ([entry]) => {
        clearTimeout(timer);
        if (!entry?.isIntersecting) return;
        timer = setTimeout(() => {
          eventNote({ name: 'title.shown', title_id, impression: { row, row_index, position, title_id } });
          observer.disconnect();
        }, 500);
      },
      { threshold: 0.5 },
    );
    observer.observe(element);
    return () => {
      clearTimeout(timer);
      observer.disconnect();
    };
  }, [ref, row, row_index, position, title_id]);
}
