/*
 * tvFocus.ts - a television has one focus always, also while a screen loads and when what had it is gone. A screen begins with
 * what it marks data-first; until that is there, the place in the bar above holds the focus for it. Whatever is taken away
 * under the focus (a row that was removed, a button that waits) leaves it to its nearest neighbour, and gets it back if it returns.
 */
import { focusables, spatialNearest, type Box } from '../lib/spatial';

/* A screen that begins with nothing in particular: with its first thing, once it has drawn. */
const SETTLED_MS = 1500;
/* How long the card that had the focus before is waited for when one comes back. */
const RETURN_MS = 1000;

const screen = (): ParentNode => document.querySelector('[data-testid=play-error]') ?? document.getElementById('content') ?? document.querySelector('main') ?? document.body;
/** The player has a way of its own: the picture is what a remote drives. */
export const playerHasKeys = (): boolean => document.querySelector('[data-testid=overlay]') !== null;

const can = (element: Element): boolean => focusables(element.parentNode ?? document).includes(element as HTMLElement);
const isLost = (): boolean => !document.activeElement || document.activeElement === document.body || document.activeElement.id === 'content';

/** What the screen begins with; a state's only button counts. */
export function screenFirst(root: ParentNode = screen()): HTMLElement | null {
  const marked = [...root.querySelectorAll<HTMLElement>('[data-first]')].find(can);
  return marked ?? root.querySelector<HTMLElement>('[data-testid=state] :is(a[href], button:not(:disabled))');
}

/** `back`: the selector of what had the focus when this place was left. Returns how to stop. */
export function focusKeep(back: string | undefined): () => void {
  const since = performance.now();
  const age = () => performance.now() - since;
  let arriving = true;
  let stopgap: Element | null = null;
  let owed: HTMLElement | null = null;
  let box: Box | undefined;

  const give = (element: HTMLElement | undefined | null) => element?.focus({ preventScroll: true });
  const holds = () => isLost() || document.activeElement === stopgap;

  const wanted = (): HTMLElement | null => {
    const before = back ? document.querySelector<HTMLElement>(back) : null;
    if (before || (back && age() < RETURN_MS)) return before;
    return screenFirst() ?? (age() >= SETTLED_MS ? (focusables(screen())[0] ?? null) : null);
  };

  const arrive = () => {
    const found = wanted();
    if (found) {
      arriving = false;
      stopgap = null;
      found.focus({ preventScroll: !back });
    } else if (isLost()) {
      const bar = ['header [aria-current=page]', 'header a[href]'].map((one) => document.querySelector(one)).find((one) => one && can(one));
      stopgap = bar ?? focusables(document)[0] ?? null;
      give(stopgap as HTMLElement | null);
    }
  };

  const replace = () => {
    if (owed && document.activeElement === stopgap && owed.isConnected && can(owed)) {
      give(owed);
      owed = null;
    } else if (isLost()) {
      const others = focusables(screen());
      const near = box ? others[spatialNearest(box, others.map((element) => element.getBoundingClientRect()))] : others[0];
      stopgap = near ?? focusables(document)[0] ?? null;
      give(stopgap as HTMLElement | null);
    }
  };

  const look = () => {
    if (playerHasKeys()) return;
    const dialog = document.querySelector('dialog[open]');
    if (dialog) {
      if (!dialog.contains(document.activeElement)) give(screenFirst(dialog) ?? focusables(dialog)[0]);
    } else if (arriving && holds()) arrive();
    else replace();
  };

  let waiting = false;
  const soon = () => {
    if (waiting) return;
    waiting = true;
    /* After the frame: a browser takes the focus from what was disabled only when it draws. */
    requestAnimationFrame(() =>
      setTimeout(() => {
        waiting = false;
        if (!stopped) look();
      }),
    );
  };
  let stopped = false;
  const came = (event: FocusEvent) => {
    if (!(event.target instanceof HTMLElement) || event.target.id === 'content') return;
    if (event.target !== stopgap) owed = event.target;
    box = event.target.getBoundingClientRect();
  };
  const pressed = () => {
    arriving = false;
    if (document.activeElement !== stopgap) return;
    stopgap = null; /* whoever moves on from there has taken it */
    owed = null;
  };
  const observer = new MutationObserver(soon);
  observer.observe(document.body, { childList: true, subtree: true, attributes: true, attributeFilter: ['disabled', 'hidden', 'inert', 'open'] });
  document.addEventListener('focusin', came);
  document.addEventListener('focusout', soon);
  addEventListener('keydown', pressed, true);
  const timers = [RETURN_MS, SETTLED_MS].map((ms) => setTimeout(look, ms + 1));
  look();
  return () => {
    stopped = true;
    timers.forEach(clearTimeout);
    observer.disconnect();
    document.removeEventListener('focusin', came);
    document.removeEventListener('focusout', soon);
    removeEventListener('keydown', pressed, true);
  };
}
