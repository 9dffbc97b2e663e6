// Subscriptions that a store owns, on the test store: the receipt is read, nothing is ever charged, and what the store
// says counts: grant, renewal, grace, refund, expiry, bought again; changes are refused with the store's address.
import { expect, test } from '@playwright/test';
import { randomUUID } from 'node:crypto';
import { once, operatorOf, paid, planMake, refused, sql, viewer } from '../lib/billing.ts';
import { Client, MatineeNode } from '../lib/node.ts';

const node = new MatineeNode();
let prices: Record<string, string>;
const day = 86_400_000;

test.describe.configure({ mode: 'serial' });
test.beforeAll(async () => {
  await node.start({ args: ['--billing-test-gateway'] });
  const operator = await operatorOf(node);
  prices = { basic: await planMake(operator, 'basic', 999), premium: await planMake(operator, 'premium', 1499, 2) };
});
test.afterAll(async () => {
  await node.stop();
  node.remove();
});

const at = (days: number) => new Date(Date.now() + days * day).toISOString();
/** The store says this from now on, and tells us so. */
const says = async (who: Client, receipt: string, what: object) =>
  expect((await who.call('PUT', `/api/v1/test-store/${receipt}`, { product: 'basic', status: 'active', period_start_at: at(-1), period_end_at: at(29), notify: true, ...what })).status).toBe(204);
const give = (who: Client, receipt: string, store = 'test-store') => who.call('POST', '/api/v1/billing/store', { store, receipt });
const subscription = async (who: Client) => (await who.json('GET', '/api/v1/billing')).subscription;

test('a purchase in a store is access here, through all its life', async () => {
  const who = await viewer(node);
  const receipt = `r-${randomUUID()}`;
  expect(await refused(await give(who, receipt))).toEqual([400, 'billing.receipt_unknown']);
  await says(who, receipt, {});
  expect(await subscription(who)).toBeNull(); // told before anybody brought the receipt
  const first = await (await give(who, receipt)).json();
  expect(first.subscription).toMatchObject({ state: 'active', entitled: true, owner: 'store', current: null, manage_url: 'https://store.example/subscriptions' });
  expect((await (await give(who, receipt)).json()).subscription.id).toBe(first.subscription.id);

  await says(who, receipt, { period_start_at: at(29), period_end_at: at(59) }); // renewed
  expect((await subscription(who)).period_end_at.slice(0, 10)).toBe(at(59).slice(0, 10));
  await says(who, receipt, { status: 'grace', period_start_at: at(-30), period_end_at: at(-1), grace_until_at: at(5) });
  expect(await subscription(who)).toMatchObject({ state: 'past_due', entitled: true });
  await says(who, receipt, { renews: false });
  expect(await subscription(who)).toMatchObject({ state: 'cancelling', entitled: true });
  await says(who, receipt, { product: 'premium' }); // another plan, taken in the store
  expect(await subscription(who)).toMatchObject({ state: 'active' });
  await says(who, receipt, { status: 'paused' });
  expect(await subscription(who)).toMatchObject({ state: 'paused', entitled: false });
  await says(who, receipt, { status: 'ended' }); // refunded by the store, or over
  expect(await subscription(who)).toMatchObject({ state: 'ended', entitled: false });
  await says(who, receipt, {}); // bought again: stores keep the reference
  expect(await subscription(who)).toMatchObject({ id: first.subscription.id, state: 'active', entitled: true, ended_at: null });
  expect(sql(node, 'SELECT COUNT(*) FROM payment') + sql(node, 'SELECT COUNT(*) FROM invoice')).toBe('00');
});

test('what the store owns is changed there, and the refusal says where', async () => {
  const who = await viewer(node);
  const receipt = `r-${randomUUID()}`;
  await says(who, receipt, {});
  await give(who, receipt);
  for (const [path, body] of [['change', { price_id: prices.premium }], ['cancel', {}], ['pause', { months: 1 }], ['keep', {}], ['pay', {}]] as const) {
    const r = await who.call('POST', `/api/v1/subscription/${path}`, body, once());
    const problem = await r.json();
    expect([r.status, problem.code]).toEqual([409, 'billing.owned_by_store']);
    expect(problem.detail).toContain('https://store.example/subscriptions');
  }
  expect(await refused(await who.call('POST', '/api/v1/subscription', { price_id: prices.basic, gateway: 'test', token: 'test_ok' }, once()))).toEqual([409, 'billing.already_subscribed']);
  expect(await refused(await who.call('PUT', '/api/v1/payment-method', { gateway: 'test-store', token: receipt }))).toEqual([400, 'billing.gateway_unknown']);
});

test('a receipt is one account’s, of a plan that is ours, and not over', async () => {
  const [ana, bob] = [await viewer(node), await viewer(node)];
  const receipt = `r-${randomUUID()}`;
  await says(ana, receipt, {});
  expect((await give(ana, receipt)).status).toBe(200);
  expect(await refused(await give(bob, receipt))).toEqual([409, 'billing.receipt_taken']);
  expect((await bob.call('PUT', `/api/v1/test-store/${receipt}`, { product: 'basic', status: 'ended', period_start_at: at(-1), period_end_at: at(29), notify: true })).status).toBe(404);
  expect(await subscription(ana)).toMatchObject({ state: 'active' });
  await says(bob, 'over', { status: 'ended' });
  expect(await refused(await give(bob, 'over'))).toEqual([400, 'billing.receipt_ended']);
  await says(bob, 'strange', { product: 'gold' });
  expect(await refused(await give(bob, 'strange'))).toEqual([400, 'billing.product_unknown']);
  expect(await refused(await give(bob, 'x', 'test'))).toEqual([400, 'billing.gateway_unknown']);
  await paid(bob, '/api/v1/subscription', { price_id: prices.basic, gateway: 'test', token: 'test_ok' });
  await says(bob, 'second', {});
  expect(await refused(await give(bob, 'second'))).toEqual([409, 'billing.already_subscribed']);
});
