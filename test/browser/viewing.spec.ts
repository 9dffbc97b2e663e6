// My list, likes and history in the browser, on two devices at once; and one device too many.
import { expect, test, type Page } from '@playwright/test';
import { stock } from '../lib/library.ts';
import { Client, MatineeNode } from '../lib/node.ts';
import { playsTo, signedInContext, watch } from '../lib/browser.ts';

const node = new MatineeNode();
let slug = '';
test.beforeAll(async () => {
  slug = stock(node)[0]!.slug;
  await node.start({ args: ['--streams-max', '1'] });
});
test.afterAll(async () => {
  await node.stop();
  node.remove();
});
const id = (page: Page, name: string) => page.locator(`[data-testid=${name}]`);

test('what one device lists and likes, the other shows without being asked', async ({ browser }) => {
  const ana = await new Client(node).signUp();
  const here = await (await signedInContext(browser, node, ana)).newPage();
  const there = await (await signedInContext(browser, node, ana)).newPage();
  await here.goto(`${node.url}/my-list`);
  await expect(id(here, 'state')).toBeVisible();
  await there.goto(`${node.url}/title/${slug}`);
  await id(there, 'list').click();
  await expect(id(there, 'list')).toHaveAttribute('aria-pressed', 'true');
  await expect(id(here, 'my-list')).toContainText('The Lighthouse');
  await here.goto(`${node.url}/title/${slug}`);
  await expect(id(here, 'list')).toHaveAttribute('aria-pressed', 'true');
  await id(here, 'like').click();
  await expect(id(there, 'like')).toHaveAttribute('aria-pressed', 'true');
  await id(there, 'dislike').click();
  await expect(id(here, 'like')).toHaveAttribute('aria-pressed', 'false');
});

test('the second device is refused, stops the first, and watches; the history knows', async ({ browser }) => {
  const person = { email: 'two@example.org', password: 'a long enough password' };
  const [ana, again] = [new Client(node), new Client(node)];
  await ana.json('POST', '/api/v1/accounts', person);
  await again.json('POST', '/api/v1/session', person);
  const first = await (await signedInContext(browser, node, ana)).newPage();
  const second = await (await signedInContext(browser, node, again)).newPage();
  await watch(first, node, slug);
  await playsTo(first, 1);
  await second.goto(`${node.url}/watch/${slug}`);
  await expect(id(second, 'watching')).toContainText('The Lighthouse');
  await id(second, 'watching').getByRole('button').click();
  await playsTo(second, 1);
  await expect(id(first, 'play-error')).toHaveAttribute('data-code', 'P-409 playback.stopped');
  await second.goto(`${node.url}/history`);
  await expect(id(second, 'seen')).toHaveCount(1);
  await id(second, 'seen').getByRole('button').click();
  await expect(id(second, 'state')).toBeVisible();
});
