// Without a connection the application still opens and says so; what it keeps for that is its own files and nothing of
// a person's; a release replaces it, and an operator can take it back.
import { expect, test, type Page } from '@playwright/test';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stock } from '../lib/library.ts';
import { root } from '../lib/media.ts';
import { MatineeNode } from '../lib/node.ts';
import { playsTo, signedInContext, watch } from '../lib/browser.ts';

test.describe.configure({ mode: 'serial' });
const web = mkdtempSync(join(tmpdir(), 'matinee-web-'));
const node = new MatineeNode();
let slug = '';

test.beforeAll(async () => {
  cpSync(process.env.MATINEE_WEB ?? join(root, 'web/viewer/dist'), web, { recursive: true });
  slug = stock(node)[0]!.slug;
  await node.start({ args: ['--web', web] });
});
test.afterAll(async () => {
  await node.stop();
  node.remove();
  rmSync(web, { recursive: true, force: true });
});

const state = (page: Page) => page.locator('[data-testid=state]');
const home = (page: Page) => page.locator('[data-testid=home]');

/** Opens the first screen and waits until the browser would open it again by itself. */
async function kept(page: Page): Promise<void> {
  await page.goto(node.url);
  await expect(home(page)).toBeVisible();
  await page.evaluate(async () => {
    await navigator.serviceWorker.ready;
    if (!navigator.serviceWorker.controller)
      await new Promise((done) => navigator.serviceWorker.addEventListener('controllerchange', done, { once: true }));
  });
}

const cached = (page: Page): Promise<string[]> =>
  page.evaluate(async () => {
    const names = await caches.keys();
    const lists = await Promise.all(names.map(async (name) => (await (await caches.open(name)).keys()).map((r) => new URL(r.url).pathname)));
    return lists.flat();
  });

test('a page that is asked for without a connection opens, says so, and goes on by itself', async ({ browser }) => {
  const context = await signedInContext(browser, node);
  const page = await context.newPage();
  await kept(page);
  await context.setOffline(true);
  for (const path of ['/search', `/title/${slug}`, `/watch/${slug}`]) {
    await page.goto(node.url + path);
    await expect(state(page).or(page.getByRole('status')).first()).toContainText(/offline/i);
  }
  /* The player's files were never loaded here: it comes back whole all the same. */
  await context.setOffline(false);
  await page.waitForFunction(() => '__matinee_player' in window);
  await playsTo(page, 1);
  await context.setOffline(true);
  await page.goto(node.url);
  await expect(state(page)).toContainText(/offline/i);
  await context.setOffline(false);
  await expect(home(page)).toBeVisible();
  await context.close();
});

test('a server that is down is told from a network that is', async ({ browser }) => {
  const context = await signedInContext(browser, node);
  const page = await context.newPage();
  await kept(page);
  await node.stop();
  await page.goto(node.url);
  await expect(state(page)).toBeVisible();
  await node.start({ args: ['--web', web] });
  await state(page).getByRole('button').click();
  await expect(home(page)).toBeVisible();
  await context.close();
});

test('nothing of a film or a person is kept, and a film plays past the worker', async ({ browser }) => {
  const context = await signedInContext(browser, node);
  const page = await context.newPage();
  await kept(page);
  await watch(page, node, slug);
  await playsTo(page, 2);
  const paths = await cached(page);
  expect(paths).toContain('/index.html');
  expect(paths.filter((p) => p !== '/index.html' && p !== '/icon.svg' && !p.startsWith('/assets/'))).toEqual([]);
  expect(paths.some((p) => p.includes('shaka'))).toBe(true); // loaded once, kept
  await context.close();
});

test('a release takes the place of the former one when no page of that is open', async ({ browser }) => {
  const context = await signedInContext(browser, node);
  const page = await context.newPage();
  await kept(page);
  const [before] = await page.evaluate(() => caches.keys());
  const file = join(web, 'sw.js');
  const source = readFileSync(file, 'utf8');
  writeFileSync(file, source.replace(before!, 'matinee-000000000000'));
  try {
    /* The front looks at a file again after some seconds. */
    const asked = () =>
      page.evaluate(async () => {
        const worker = await navigator.serviceWorker.ready;
        await worker.update();
        return worker.waiting?.state;
      });
    await expect.poll(asked, { intervals: [1000] }).toBe('installed');
    expect(await page.evaluate(() => caches.keys())).toContain(before); // what is open goes on with its own files
    await page.close();
    const next = await context.newPage();
    await kept(next);
    await expect.poll(() => next.evaluate(() => caches.keys())).toEqual(['matinee-000000000000']);
  } finally {
    writeFileSync(file, source);
    await context.close();
  }
});

test('offline-app = false takes it back from a browser that has it', async ({ browser }) => {
  const context = await signedInContext(browser, node);
  const page = await context.newPage();
  await kept(page);
  await node.stop();
  await node.start({ args: ['--web', web, '--offline-app=false'] });
  await page.goto(node.url);
  await expect(home(page)).toBeVisible();
  const left = () => page.evaluate(async () => [(await navigator.serviceWorker.getRegistrations()).length, (await caches.keys()).length]);
  await expect.poll(left).toEqual([0, 0]);
  await context.close();
});
