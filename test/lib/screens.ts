// What is wrong with a screen whichever screen it is: faults for assistive technology, content past the edge, complaints.
import axe from 'axe-core';
import type { Page } from '@playwright/test';

/** Serious and critical violations of WCAG 2.2 A and AA, as "rule: element". */
export async function accessFaults(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  return await page.evaluate(async () => {
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
    const found = await (window as any).axe.run(document, { runOnly: { type: 'tag', values: tags }, resultTypes: ['violations'] });
    return found.violations
      .filter((v: any) => v.impact === 'serious' || v.impact === 'critical')
      .flatMap((v: any) => v.nodes.map((n: any) => `${v.id}: ${n.target.join(' ')} (${n.any[0]?.message ?? v.help})`));
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
    if (message.type() === 'error' || message.type() === 'warning') found.push(`${page.url()}: ${message.text()}`);
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
        setTimeout(() => (observer.disconnect(), done(sum)), 300);
      }),
  );
}
