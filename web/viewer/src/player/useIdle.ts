/* useIdle.ts - true after `after_ms` without pointer, touch or key; never while it isn't allowed. */
import { useCallback, useEffect, useRef, useState, type RefObject } from 'react';

export function useIdle(root: RefObject<HTMLElement | null>, after_ms: number, allowed: boolean) {
  const [idle, setIdle] = useState(false);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const wake = useCallback(() => {
    setIdle(false);
    clearTimeout(timer.current);
    if (allowed) timer.current = setTimeout(() => setIdle(true), after_ms);
  }, [after_ms, allowed]);
  const sleep = useCallback(() => {
    clearTimeout(timer.current);
    if (allowed) setIdle(true);
  }, [allowed]);
  useEffect(() => {
    const element = root.current;
    wake();
    const moved = (event: PointerEvent) => event.pointerType === 'mouse' && (event.movementX || event.movementY) && wake();
    element?.addEventListener('pointermove', moved);
    element?.addEventListener('focusin', wake);
    return () => {
      clearTimeout(timer.current);
      element?.removeEventListener('pointermove', moved);
      element?.removeEventListener('focusin', wake);
    };
  }, [root, wake]);
  return { idle: idle && allowed, wake, sleep };
}
