/* install.ts - the browser's offer to put the application among the others, kept until somebody asks for it. */
import { useSyncExternalStore } from 'react';

type Offer = Event & { prompt: () => Promise<unknown> };

let offer: Offer | null = null;
const listeners = new Set<() => void>();
const change = (next: Offer | null): void => {
  offer = next;
  for (const listener of [...listeners]) listener();
};

/** Once, at the start: the browser offers it early and only once. */
export function installStart(): void {
  addEventListener('beforeinstallprompt', (event) => {
    event.preventDefault(); /* no banner over the film: Account offers it */
    change(event as Offer);
  });
  addEventListener('appinstalled', () => change(null));
}

/** undefined where there is nothing to install, or it is installed. */
export function useInstall(): (() => void) | undefined {
  const now = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    () => offer,
  );
  if (!now) return undefined;
  return () => {
    change(null); /* an offer is good for one answer */
    void now.prompt().catch(() => undefined);
  };
}
