/*
 * useTurns.ts - which hero is shown. They take turns by themselves, quietly: not while somebody points at them, has the focus in
 * them or looks elsewhere, not once somebody has chosen one or stopped them, and never where motion is not wanted.
 */
import { useCallback, useEffect, useState, type RefObject } from 'react';

export const TURN_MS = 9000;

const still = () => matchMedia('(prefers-reduced-motion: reduce)').matches;

/** Whether nothing holds the turns: pointer and focus are elsewhere, the section and the page are seen. */
function useFree(ref: RefObject<HTMLElement | null>): boolean {
  const [held, setHeld] = useState({ pointer: false, focus: false, away: false, hidden: false });
  useEffect(() => {
    const section = ref.current;
    if (!section) return;
    const hold = (what: Partial<typeof held>) => setHeld((before) => ({ ...before, ...what }));
    const enter = (event: PointerEvent) => event.pointerType === 'mouse' && hold({ pointer: true });
    const leave = () => hold({ pointer: false });
    const focus = () => hold({ focus: section.contains(document.activeElement) });
    const page = () => hold({ hidden: document.hidden });
    const seen = new IntersectionObserver(([entry]) => hold({ away: !entry?.isIntersecting }), { threshold: 0.4 });
    seen.observe(section);
    section.addEventListener('pointerenter', enter);
    section.addEventListener('pointerleave', leave);
    document.addEventListener('focusin', focus);
    document.addEventListener('focusout', focus);
    document.addEventListener('visibilitychange', page);
    focus();
    return () => {
      seen.disconnect();
      section.removeEventListener('pointerenter', enter);
      section.removeEventListener('pointerleave', leave);
      document.removeEventListener('focusin', focus);
      document.removeEventListener('focusout', focus);
      document.removeEventListener('visibilitychange', page);
    };
  }, [ref]);
  return !(held.pointer || held.focus || held.away || held.hidden);
}

export function useTurns(n: number, ref: RefObject<HTMLElement | null>) {
  const [at, setAt] = useState(0);
  const [stopped, setStopped] = useState(still);
  const free = useFree(ref);
  const runs = n > 1 && !stopped;
  useEffect(() => {
    if (!runs || !free) return;
    const timer = setTimeout(() => setAt((at + 1) % n), TURN_MS);
    return () => clearTimeout(timer);
  }, [runs, free, at, n]);
  /** Chosen by hand: it stays. */
  const show = useCallback((to: number) => {
    setStopped(true);
    setAt(((to % n) + n) % n);
  }, [n]);
  return { at: at % Math.max(n, 1), runs, free, show, toggle: () => setStopped((before) => !before) };
}
