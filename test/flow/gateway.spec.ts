// How the web sets a payment method up and hears what a bank said: what is told about the gateway, and the test
// gateway's stand-in for a bank's page, in a browser.
import { expect, test } from '@playwright/test';
import { operatorOf, paid, planMake, refused, viewer } from '../lib/billing.ts';
import { signedInContext } from '../lib/browser.ts';
import { MatineeNode } from '../lib/node.ts';

const node = new MatineeNode();
let price: string;

test.describe.configure({ mode: 'serial' });
test.beforeAll(async () => {
  await node.start({ args: ['--billing-test-gateway'] });
  price = await planMake(await operatorOf(node), 'basic', 999);
});
test.afterAll(async () => {
  await node.stop();
  node.remove();
});

const threeDs = { gateway: 'test', token: 'test_3ds' };

test('the web is told which form to show, and the test gateway has one of its own', async () => {
  const who = await viewer(node);
  const gateway = await who.json('GET', '/api/v1/billing/gateway');
  expect(gateway).toMatchObject({ name: 'test', kind: 'form' });
  expect(gateway.test_cards).toContainEqual({ token: 'test_ok', label: 'Test card ending in 4242' });
  expect(await who.json('POST', '/api/v1/billing/method/setup', { next: '/plans?from=title' })).toEqual({ kind: 'form', gateway: 'test', setup_id: null, url: null });
  for (const next of ['https://evil.example', '//evil.example', 'javascript:alert(1)', '%2f%2fevil.example', '/\\/evil.example', '/\\evil.example', '/a\tb', 'account'])
    expect((await who.call('POST', '/api/v1/billing/method/setup', { next })).status).toBe(400);
  expect(await refused(await who.call('POST', '/api/v1/billing/method/setups/01ARZ3NDEKTSV4RRFFQ69G5FA1/confirm', {}))).toEqual([404, 'billing.setup_not_found']);
});

for (const [button, status] of [['Confirm', 'succeeded'], ['Refuse', 'declined']] as const)
  test(`the bank's page: ${button}`, async ({ browser }) => {
    const who = await viewer(node);
    const ask = await paid(who, '/api/v1/subscription', { price_id: price, country: 'DE', ...threeDs });
    expect(ask.status).toBe('action_required');
    const context = await signedInContext(browser, node, who);
    const page = await context.newPage();
    await page.goto(node.url + ask.action_url);
    await expect(page.getByText('9.99 EUR')).toBeVisible();
    await expect(page.locator('body')).toHaveCSS('display', 'grid'); // its policy lets its style in
    await page.getByRole('button', { name: button }).click();
    await expect(page).toHaveURL(`${node.url}/billing/return?payment=${ask.payment_id}`);
    expect(await who.json('POST', `/api/v1/payments/${ask.payment_id}/confirm`, {})).toMatchObject({ status });
    await page.goto(node.url + ask.action_url); // answered already: leads on, changes nothing
    await page.getByRole('button', { name: 'Confirm' }).click();
    await expect(page).toHaveURL(`${node.url}/billing/return?payment=${ask.payment_id}`);
    expect(await who.json('POST', `/api/v1/payments/${ask.payment_id}/confirm`, {})).toMatchObject({ status });
    await context.close();
  });

test("the bank's page is its payer's alone, and takes two words only", async () => {
  const who = await viewer(node);
  const ask = await paid(who, '/api/v1/subscription', { price_id: price, country: 'DE', ...threeDs });
  const other = await viewer(node);
  expect(await refused(await other.call('GET', ask.action_url))).toEqual([404, 'billing.payment_not_found']);
  const form = { 'content-type': 'application/x-www-form-urlencoded' };
  expect((await other.call('POST', `${ask.action_url}/answer`, 'accept=yes', form)).status).toBe(404);
  expect((await who.call('POST', `${ask.action_url}/answer`, 'accept=maybe', form)).status).toBe(400);
  expect((await who.call('POST', `${ask.action_url}/answer`, 'accept=yes', { ...form, origin: 'https://evil.example' })).status).toBe(403);
  expect(await who.json('POST', `/api/v1/payments/${ask.payment_id}/confirm`, {})).toMatchObject({ status: 'action_required' });
});
