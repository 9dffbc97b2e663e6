/* Toasts.tsx - what just happened, said once, with a way to take it back where there is one. */
import { Button, CloseButton } from '@mantine/core';
import { useSyncExternalStore } from 'react';
import { t } from '../messages';
import css from './toasts.module.css';

interface Toast {
  id: number;
  text: string;
  bad?: boolean;
  undo?: () => void;
}

let toasts: Toast[] = [];
let last = 0;
const listeners = new Set<() => void>();
const set = (next: Toast[]) => {
  toasts = next;
  listeners.forEach((listener) => listener());
};
const drop = (id: number) => set(toasts.filter((toast) => toast.id !== id));

/** Stays ten seconds where it can be undone, six where not; three at a time. */
export function say(text: string, more: { bad?: boolean; undo?: () => void } = {}): void {
  const toast = { id: ++last, text, ...more };
  set([...toasts, toast].slice(-3));
  setTimeout(() => drop(toast.id), more.undo || more.bad ? 10_000 : 6_000);
}

export function Toasts() {
  const shown = useSyncExternalStore((listener) => (listeners.add(listener), () => listeners.delete(listener)), () => toasts);
  return (
    <div className={css.stack} role="status" aria-live="polite">
      {shown.map((toast) => (
        <div key={toast.id} className={css.toast} data-bad={toast.bad || undefined}>
          <span className={css.text}>{toast.text}</span>
          {toast.undo && (
            <Button size="xs" onClick={() => { drop(toast.id); toast.undo?.(); }}>
              {t('action.undo')}
            </Button>
          )}
          <CloseButton size="sm" aria-label={t('action.close')} onClick={() => drop(toast.id)} />
        </div>
      ))}
    </div>
  );
}
