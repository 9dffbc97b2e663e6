// A television's remote: what has the focus, what its arrows reach, what lies where they don't.
import { expect, type Page } from '@playwright/test';

/** What has the focus, in a word; '' while nothing has. */
export async function focused(page: Page): Promise<string> {
  return await page.evaluate(() => {
    const now = document.activeElement as HTMLElement | null;
    if (!now || now === document.body || now.id === 'content') return '';
    return now.dataset.testid || now.closest<HTMLElement>('[data-slug]')?.dataset.slug || now.getAttribute('aria-label') || now.textContent?.trim().slice(0, 40) || now.tagName;
  });
}

/** From where the focus is, by arrows alone: what can be pressed and isn't reached; what has the focus and cannot be seen; a foot of the page that is never shown. */
export async function remoteFaults(page: Page): Promise<string[]> {
  await expect.poll(() => focused(page)).not.toBe('');
  await page.emulateMedia({ reducedMotion: 'reduce' }); // what is scrolled to is there at once, and what comes moving has come
  await expect.poll(() => page.evaluate(() => matchMedia('(prefers-reduced-motion: reduce)').matches && document.getAnimations().every((one) => one.playState !== 'running' || one.effect?.getTiming().iterations === Infinity))).toBe(true);
  await page.evaluate(() => new Promise((then) => requestAnimationFrame(() => requestAnimationFrame(then))));
  await page.keyboard.press('Shift'); // whoever clicked before has a remote now
  return await page.evaluate(() => {
    const seen = (element: HTMLElement) => element.offsetWidth > 1 && getComputedStyle(element).visibility !== 'hidden' && !element.closest('[inert], [hidden], [data-skip]');
    const root = () => document.querySelector('dialog[open]') ?? document;
    const all = () => [...root().querySelectorAll<HTMLElement>('a[href], button, input, select, textarea, [role=slider]')].filter((e) => e.tabIndex >= 0 && !(e as HTMLButtonElement).disabled && seen(e));
    const say = (e: HTMLElement) => `${e.tagName.toLowerCase()} "${(e.dataset.testid || e.getAttribute('aria-label') || e.getAttribute('name') || e.textContent || '').trim().slice(0, 40)}"`;
    const now = () => document.activeElement as HTMLElement;
    const press = (key: string) => now().dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
    const faults: string[] = [];
    const reached = new Set<HTMLElement>([now()]);
    for (const from of reached) {
      for (const key of ['ArrowDown', 'ArrowRight', 'ArrowUp', 'ArrowLeft']) {
        from.focus({ preventScroll: true });
        from.scrollIntoView({ block: 'center', behavior: 'instant' });
        for (let tries = 0; tries < 8 && now() === from; tries++) press(key); // text is paged through
        if (now() === document.body) {
          faults.push(`${key} from ${say(from)} loses the focus`);
          continue;
        }
        if (!reached.has(now())) {
          const box = now().getBoundingClientRect();
          if (box.bottom < 1 || box.top > innerHeight - 1 || box.right < 1 || box.left > innerWidth - 1) faults.push(`${say(now())} has the focus and is out of sight`);
          if (!now().matches(':focus-visible')) faults.push(`${say(now())} has the focus and doesn't show it`);
        }
        reached.add(now());
      }
    }
    for (const element of all()) if (!reached.has(element)) faults.push(`${say(element)} is not reached`);
    for (let i = 0; i < 60; i++) press('ArrowDown');
    const words = [...(document.getElementById('content') ?? document.body).querySelectorAll<HTMLElement>('h1, h2, h3, p, li, dd')].filter(seen);
    const lowest = Math.max(0, ...words.map((e) => e.getBoundingClientRect().bottom));
    if (root() === document && lowest > innerHeight + 2) faults.push(`the foot of the page is never shown: ${Math.round(lowest - innerHeight)} px are left`);
    return faults;
  });
}
