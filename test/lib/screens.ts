// What is wrong with a screen whichever screen it is: faults for assistive technology, content past the edge, complaints.
import axe from 'axe-core';
import type { Page } from '@playwright/test';

/** Violations of WCAG 2.2 A and AA and of axe's best practices, whatever their impact, as "rule: element". */
export async function accessFaults(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  return await page.evaluate(async () => {
    // What is still fading in has a contrast of the moment; what spins never ends.
    // A colour that changes goes down the page level by level: what ends may begin another.
    const passing = () => document.getAnimations().filter((a) => a.playState === 'running' && a.effect?.getComputedTiming().iterations !== Infinity);
    for (let i = 0; i < 50 && passing().length; i++) {
      await Promise.all(passing().map((a) => a.finished.catch(() => {})));
      await new Promise((done) => requestAnimationFrame(done));
    }
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
    const found = await (window as any).axe.run(document, { runOnly: { type: 'tag', values: tags }, resultTypes: ['violations'], preload: false });
    return found.violations.flatMap((v: any) => v.nodes.map((n: any) => `${v.id}: ${n.target.join(' ')} (${n.any[0]?.message ?? v.help})`));
  });
}

/** Visible elements that reach past the sides of the page, other than in a list that scrolls; in what stays put, past its foot, too. */
export async function pastTheEdge(page: Page): Promise<string[]> {
  return await page.evaluate(() => {
    const wide = document.documentElement.clientWidth;
    const found: string[] = [];
    if (document.documentElement.scrollWidth > wide) found.push(`the page is ${document.documentElement.scrollWidth} px wide of ${wide}`);
    for (const element of document.querySelectorAll<HTMLElement>('h1, h2, p, a, button, input, select, dt, dd')) {
      const box = element.getBoundingClientRect();
      const style = getComputedStyle(element);
      if (box.width < 2 || style.visibility === 'hidden' || style.clipPath !== 'none' || element.closest('ul, [inert], [aria-hidden=true]')) continue;
      const bar = element.closest('nav');
      if (bar && getComputedStyle(bar).position === 'fixed' && box.bottom > innerHeight + 1) found.push(`${element.tagName} "${element.textContent?.slice(0, 30)}" is below the foot of the screen`);
      if (box.right > wide + 1 || box.left < -1) found.push(`${element.tagName} "${element.textContent?.slice(0, 30)}" ${Math.round(box.left)}..${Math.round(box.right)} of ${wide}`);
    }
    return found;
  });
}

/** Errors, warnings and refusals by the content policy that the page writes from now on. `expected`: statuses that are asked for on purpose. */
export function complaints(page: Page, expected: number[] = []): string[] {
  const found: string[] = [];
  page.on('pageerror', (error) => found.push(error.message));
  page.on('console', (message) => {
    const status = /responded with a status of (\d+)/.exec(message.text())?.[1];
    if (status && expected.includes(Number(status))) return;
    if (message.type() === 'error' || message.type() === 'warning') found.push(`${page.url()}: ${message.text()} (${message.location().url})`);
  });
  return found;
}

/** How much what was drawn has moved without anybody's doing (Cumulative Layout Shift), so far. */
export async function shiftSoFar(page: Page): Promise<number> {
  return await page.evaluate(
    () =>
      new Promise<number>((done) => {
        let sum = 0;
        const observer = new PerformanceObserver((list) => {
          for (const entry of list.getEntries() as any[]) if (!entry.hadRecentInput) sum += entry.value;
        });
        observer.observe({ type: 'layout-shift', buffered: true });
        setTimeout(() => (observer.disconnect(), done(sum)), 50);
      }),
  );
}

/** What can be clicked and has no key, and what has the focus without showing it: looked for from the page, control by control. */
export async function keyboardFaults(page: Page): Promise<string[]> {
  await page.keyboard.press('Shift'); // whoever clicked before has a keyboard now
  return await page.evaluate(() => {
    const controls = 'a[href], button, input, select, textarea, summary, video, [tabindex], [role=button], [role=slider], label';
    const root = document.querySelector('dialog[open], [role=dialog]') ?? document;
    const seen = (e: HTMLElement) => e.offsetWidth > 1 && getComputedStyle(e).visibility !== 'hidden' && !e.closest('[inert], [hidden], [aria-hidden=true]');
    const say = (e: HTMLElement) => `${e.tagName.toLowerCase()} "${(e.dataset.testid || e.getAttribute('aria-label') || e.textContent || '').trim().slice(0, 40)}"`;
    const faults: string[] = [];
    const all = [...root.querySelectorAll<HTMLElement>('body *, *')].filter((e) => e instanceof HTMLElement && seen(e));
    for (const e of all) {
      if (e.tabIndex > 0) faults.push(`${say(e)} has a place of its own in the order of the keys`);
      const hand = getComputedStyle(e).cursor === 'pointer' && getComputedStyle(e.parentElement ?? e).cursor !== 'pointer';
      if (hand && !e.closest(controls) && !e.querySelector(controls)) faults.push(`${say(e)} can be clicked and not reached by keys`);
    }
    const ring = (e: HTMLElement) => {
      const around: Element[] = [e];
      for (let up = e.parentElement, n = 0; up && n < 3; up = up.parentElement, n++) around.push(up);
      around.push(...e.children, ...(e.nextElementSibling ? [e.nextElementSibling, ...e.nextElementSibling.children] : []));
      return around
        .flatMap((one) => [getComputedStyle(one), getComputedStyle(one, '::before'), getComputedStyle(one, '::after')])
        .map((s) => `${s.outlineStyle} ${s.outlineWidth} ${s.outlineColor} ${s.boxShadow} ${s.borderColor} ${s.backgroundColor} ${s.textDecorationLine} ${s.transform} ${s.translate}`)
        .join('|');
    };
    const was = document.activeElement as HTMLElement | null;
    was?.blur?.();
    const caret = 'textarea, input:not([type=checkbox], [type=radio], [type=range], [type=file])'; // which shows that by itself
    for (const e of all.filter((one) => one.tabIndex >= 0 && !one.matches(caret) && one.matches('a[href], button, input, select, summary, [tabindex]') && !(one as HTMLButtonElement).disabled)) {
      const before = ring(e);
      e.focus({ preventScroll: true });
      if (document.activeElement === e && ring(e) === before) faults.push(`${say(e)} has the focus and doesn't show it`);
      e.blur();
    }
    was?.focus?.({ preventScroll: true });
    return faults;
  });
}

/** With Tab alone, from the top of the page: what is never reached, and what has the focus out of sight or behind something else (WCAG 2.4.11). */
export async function tabFaults(page: Page): Promise<string[]> {
  const count = await page.evaluate(() => {
    const root = document.querySelector('dialog[open], [role=dialog]') ?? document;
    const seen = (e: HTMLElement) => e.offsetWidth > 1 && getComputedStyle(e).visibility !== 'hidden' && !e.closest('[inert], [hidden]');
    const all = [...root.querySelectorAll<HTMLElement>('a[href], button, input, select, textarea, summary, [tabindex]')].filter((e) => e.tabIndex >= 0 && !(e as HTMLButtonElement).disabled && seen(e));
    /* Of buttons that exclude each other one is enough: arrows do the rest. */
    const need = all.filter((e) => !(e instanceof HTMLInputElement && e.type === 'radio' && e.name && all.some((o) => o instanceof HTMLInputElement && o.name === e.name && o.checked && o !== e)));
    (window as any).__tabs = { need, reached: new Set<Element>(), faults: [] as string[] };
    scrollTo(0, 0);
    if (root === document) {
      (document.activeElement as HTMLElement | null)?.blur();
      getSelection()?.collapse(document.body, 0); // Tab begins there
    }
    /* A date has a stop for each of its parts. */
    return all.length + 6 * all.filter((e) => e.matches('[type=date], [type=datetime-local], [type=time]')).length;
  });
  for (let i = 0; i < count + 4; i++) {
    await page.keyboard.press('Tab');
    await page.evaluate(async () => {
      const walk = (window as any).__tabs as { reached: Set<Element>; faults: string[] };
      const e = document.activeElement as HTMLElement;
      if (e === document.body || walk.reached.has(e)) return;
      const frames = (n: number): Promise<void> => new Promise((done) => requestAnimationFrame(() => (n > 1 ? frames(n - 1).then(done) : done())));
      const inSight = () => {
        const at = (e.offsetWidth > 1 ? e : (e.parentElement ?? e)).getBoundingClientRect();
        return at.right > 0 && at.bottom > 0 && at.left < innerWidth && at.top < innerHeight;
      };
      await frames(2);
      for (let i = 0; i < 15 && !inSight(); i++) await frames(1); // it may come into sight by a transition of no length
      walk.reached.add(e);
      const say = `${e.tagName.toLowerCase()} "${(e.dataset.testid || e.getAttribute('aria-label') || e.textContent || '').trim().slice(0, 40)}"`;
      const box = (e.offsetWidth > 1 ? e : (e.parentElement ?? e)).getBoundingClientRect();
      const [l, t, r, b] = [Math.max(box.left, 0), Math.max(box.top, 0), Math.min(box.right, innerWidth), Math.min(box.bottom, innerHeight)];
      if (r - l < 1 || b - t < 1) walk.faults.push(`${say} has the focus and is out of sight`);
      else if (
        ![[0.5, 0.5], [0.1, 0.2], [0.9, 0.2], [0.1, 0.8], [0.9, 0.8]].some(([x, y]) => {
          const hit = document.elementFromPoint(l + (r - l) * x!, t + (b - t) * y!);
          return hit && (e.contains(hit) || hit.contains(e) || hit.parentElement?.contains(e) || hit.closest('label')?.contains(e));
        })
      )
        walk.faults.push(`${say} has the focus behind something else`);
    });
  }
  return await page.evaluate(() => {
    const { need, reached, faults } = (window as any).__tabs as { need: HTMLElement[]; reached: Set<Element>; faults: string[] };
    const missed = need.filter((e) => e.isConnected && e.offsetWidth > 1 && !reached.has(e));
    return [...faults, ...missed.map((e) => `${e.tagName.toLowerCase()} "${(e.dataset.testid || e.getAttribute('aria-label') || e.textContent || '').trim().slice(0, 40)}" is not reached by Tab`)];
  });
}
