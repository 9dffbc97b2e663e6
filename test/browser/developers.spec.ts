// An operator lets programs in and has one told: a key shown once, used and revoked; a webhook whose deliveries are looked at and sent again;
// and the API's reference, which nobody needs to sign in for.
import { expect, test, type Page } from '@playwright/test';
import { signedInContext } from '../lib/browser.ts';
import { Client, MatineeNode } from '../lib/node.ts';
import { Receiver, verified } from '../lib/receiver.ts';
import { accessFaults, complaints, pastTheEdge } from '../lib/screens.ts';

const node = new MatineeNode();
const receiver = new Receiver();
test.beforeAll(async () => {
  await receiver.start();
  await node.start({ args: ['--webhook-private', '--webhook-retries=1'] });
});
test.afterAll(async () => {
  await node.stop();
  await receiver.stop();
  node.remove();
});

const id = (page: Page, name: string) => page.locator(`[data-testid=${name}]`);
const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });

async function whole(page: Page, name: string): Promise<void> {
  for (const [width, height] of [[390, 844], [1440, 900]] as const) {
    await page.setViewportSize({ width, height });
    if (width === 390) expect([name, ...(await accessFaults(page)), ...(await pastTheEdge(page))]).toEqual([name]);
    if (process.env.MATINEE_SHOTS) await page.screenshot({ path: `${process.env.MATINEE_SHOTS}/developers-${name}-${width}.png` });
  }
}

test('a key is made, used and revoked; a webhook is made, tested, sent to again and given a new secret', async ({ browser }) => {
  const ada = await (await new Client(node).signUp('ada')).become('viewer,editor,operator');
  const context = await signedInContext(browser, node, ada);
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const page = await context.newPage();
  await page.emulateMedia({ reducedMotion: 'reduce' });
  const faults = complaints(page, [400]);
  const bearer = async (token: string, path: string) => (await fetch(node.url + path, { headers: { authorization: `Bearer ${token}` } })).status;

  await page.goto(`${node.url}/console/developers`);
  await button(page, 'New key').click();
  await page.getByLabel('Name').fill('Warehouse');
  await button(page, 'Make the key').click();
  await expect(page.getByText('Choose at least one.')).toBeVisible();
  await page.getByRole('checkbox', { name: 'audit:read' }).check();
  await page.getByLabel('Only from these addresses').fill('10.0.0.0/99');
  await button(page, 'Make the key').click();
  await expect(page.getByText('Must be addresses or ranges').last()).toBeVisible();
  await page.getByLabel('Only from these addresses').fill('127.0.0.0/8');
  await whole(page, 'key-new');
  await button(page, 'Make the key').click();
  await button(page, 'Copy').click();
  const token = await page.evaluate(() => navigator.clipboard.readText());
  expect(await id(page, 'secret').textContent()).toBe(token);
  await page.keyboard.press('Escape');
  await expect(id(page, 'secret')).toBeVisible(); // closed by nothing but its button
  await id(page, 'kept').click();
  expect(await bearer(token, '/api/v1/operator/settings')).toBe(200);
  expect(await bearer(token, '/api/v1/editor/titles')).toBe(403);
  await page.reload();
  await expect(page.locator('body')).not.toContainText(token);
  await whole(page, 'keys');
  await expect(id(page, 'row')).toContainText('Within the hour');
  await id(page, 'row').filter({ hasText: 'Warehouse' }).click();
  await expect(page.getByRole('dialog')).toContainText('127.0.0.0/8');
  await id(page, 'revoke').click();
  await page.getByRole('dialog', { name: 'Revoke Warehouse?' }).getByRole('button', { name: 'Revoke', exact: true }).click();
  await expect(id(page, 'row')).toContainText('Revoked');
  expect(await bearer(token, '/api/v1/operator/settings')).toBe(401);

  /* Words that come late: no screen is made without them. */
  const german = await context.newPage();
  await german.addInitScript(() => Object.defineProperty(navigator, 'languages', { value: ['de-DE'] }));
  await german.route(/assets\/de-.*js$/, async (route) => { await new Promise((done) => setTimeout(done, 500)); await route.continue(); });
  await german.goto(`${node.url}/console/developers`);
  await expect(german.getByRole('columnheader', { name: 'Beginnt mit' })).toBeVisible();
  await german.close();

  await page.getByRole('tab', { name: 'Webhooks' }).click();
  await button(page, 'New webhook').click();
  await page.getByLabel('Name').fill('Shop');
  await page.getByLabel('Address').fill(receiver.url);
  await page.getByRole('checkbox', { name: 'account.created' }).check();
  await button(page, 'Make the webhook').click();
  const secret = (await id(page, 'secret').textContent())!;
  await id(page, 'kept').click();
  await button(page, 'Send a test').click();
  await expect(id(page, 'row').filter({ hasText: 'ping' })).toContainText('Taken');
  expect(verified(secret, receiver.of('ping')[0]!).type).toBe('ping');

  receiver.answer = () => ({ status: 503, text: 'no <b>room</b>' });
  await new Client(node).signUp('ben');
  const row = id(page, 'row').filter({ hasText: 'account.created' });
  await expect(row).toContainText('Given up');
  await expect(page.locator('main')).toContainText('Failing');
  await whole(page, 'webhook');
  await row.click();
  await expect(id(page, 'attempt')).toHaveCount(2);
  await expect(id(page, 'attempt').first()).toContainText('HTTP 503');
  await expect(id(page, 'attempt').first()).toContainText('no <b>room</b>');
  await whole(page, 'delivery');
  receiver.answer = () => ({ status: 204 });
  await id(page, 'again').click();
  await expect(id(page, 'attempt').first()).toContainText('HTTP 204');
  expect(new Set(receiver.of('account.created').map((got) => got.headers['webhook-id'])).size).toBe(1);
  await page.keyboard.press('Escape');

  await button(page, 'More').click();
  await page.getByRole('menuitem', { name: 'New secret' }).click();
  await button(page, 'New secret').click();
  expect(await id(page, 'secret').textContent()).not.toBe(secret);
  await id(page, 'kept').click();
  await button(page, 'More').click();
  await page.getByRole('menuitem', { name: 'Turn off' }).click();
  await button(page, 'Turn off').click();
  await expect(page.getByText('Turned off by hand')).toBeVisible();
  await page.goto(`${node.url}/console/audit`);
  for (const text of ['Made an API key', 'Revoked an API key', 'Made a webhook', 'Gave a webhook a new secret', 'Sent webhook deliveries again']) await expect(page.getByText(text).first()).toBeVisible();
  expect(faults).toEqual([]);
  await context.close();
});

test('the API reference shows every route to everybody, finds them and names their shapes', async ({ browser }) => {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  const faults = complaints(page);
  const hosts = new Set<string>();
  page.on('request', (request) => hosts.add(new URL(request.url()).host));
  const answer = await page.goto(`${node.url}/docs`);
  expect(answer!.headers()['content-security-policy']).toContain("script-src 'self';");
  const document = await (await fetch(`${node.url}/api/openapi.json`)).json();
  const all = Object.values<any>(document.paths).flatMap((methods) => Object.values<any>(methods));
  await expect(page.locator('.routes .operation')).toHaveCount(all.length);
  await whole(page, 'docs');
  await page.keyboard.press('/');
  await page.keyboard.type('post refunds');
  await expect(page.locator('.routes .operation:visible')).toHaveCount(1);
  await page.locator('#refundMake > summary').click();
  await expect(page.locator('#refundMake')).toContainText('money:write');
  await expect(page.locator('#refundMake')).toContainText('curl -X POST');
  await whole(page, 'docs-route');
  await page.locator('#refundMake').getByRole('link', { name: 'money:write' }).click();
  await expect(page.locator('#scopes')).toBeVisible(); // and no search hides it any more
  await page.getByRole('searchbox').fill('zzzz');
  await expect(page.getByText('No route has these words.')).toBeVisible();
  await page.goto(`${node.url}/docs#shape-Problem`);
  await page.reload();
  await expect(page.locator('#shape-Problem')).toContainText('Stable: branch on this.');
  expect([...hosts]).toEqual([new URL(node.url).host]);
  expect(faults).toEqual([]);
  await context.close();
});
