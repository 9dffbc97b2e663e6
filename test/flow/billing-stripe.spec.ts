// The gateway "stripe" against a local server that behaves as Stripe's API does (lib/stripe.ts), on what can go wrong with
// money: answers that are lost, deliveries that come first, twice, late or forged, a program that is killed in between.
import { expect, test } from '@playwright/test';
import { randomUUID } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { simpleParser, type ParsedMail } from 'mailparser';
import Stripe from 'stripe';
import { once, operatorOf, paid, planMake, refused, sql, viewer } from '../lib/billing.ts';
import { signedInContext } from '../lib/browser.ts';
import { Client, MatineeNode } from '../lib/node.ts';
import { StripeServer, type Card } from '../lib/stripe.ts';

const node = new MatineeNode();
const stripe = new StripeServer();
let library: Stripe;
let operator: Client;
let prices: Record<string, string>;
const rental = '01ARZ3NDEKTSV4RRFFQ69G5FAV';
const title = '01ARZ3NDEKTSV4RRFFQ69G5FB0';

test.describe.configure({ mode: 'serial' });
test.beforeAll(async () => {
  await stripe.start();
  await start();
  stripe.webhookUrl = `${node.url}/api/v1/webhooks/stripe`;
  library = new Stripe(stripe.secretKey, { host: '127.0.0.1', port: stripe.port, protocol: 'http', maxNetworkRetries: 0 });
  operator = await operatorOf(node);
  prices = { basic: await planMake(operator, 'basic', 999), premium: await planMake(operator, 'premium', 1499, 2) };
  await operator.json('PUT', `/api/v1/operator/offers/${rental}`, { kind: 'rental', name: 'A film', title_ids: [title], finish_hours: 48, prices: [{ currency: 'EUR', amount_minor: 500 }] });
});
test.afterAll(async () => {
  await node.stop();
  await stripe.stop();
  node.remove();
});
const start = () => node.start({ args: ['--stripe-url', stripe.url, '--stripe-timeout', '5s'], env: stripe.env });
const billing = (who: Client) => who.json('GET', '/api/v1/billing');
const customerOf = async (who: Client) => [...stripe.customers.values()].findLast((c) => c.metadata.account_id === accounts.get(who))!.id as string;
const accounts = new Map<Client, string>();
const intentsOf = async (who: Client) => {
  const id = await customerOf(who);
  return [...stripe.intents.values()].filter((p) => p.customer === id);
};
const sessionOf = (setup: string) => [...stripe.sessions.values()].find((s) => s.metadata.setup_id === setup)!.id as string;
const chargedOnce = async (who: Client) => expect((await intentsOf(who)).filter((p) => p.status === 'succeeded')).toHaveLength(1);
const confirm = (who: Client, payment: string) => who.json('POST', `/api/v1/payments/${payment}/confirm`, {});
const dispute = async (state: string) => expect.poll(async () => (await operator.json('GET', '/api/v1/operator/disputes')).items[0]?.state).toBe(state);
const books = async () => {
  const l = await operator.json('GET', '/api/v1/operator/ledger');
  expect(l.balanced).toBe(true);
  return Object.fromEntries(l.books.map((b: any) => [b.book, b.balance_minor]));
};

async function someone(): Promise<Client> {
  const who = await viewer(node);
  accounts.set(who, (await who.json('GET', '/api/v1/session')).account.id);
  return who;
}
/** Somebody who has kept a card, by Stripe's page. */
async function withCard(card: Card = 'ok'): Promise<Client> {
  const who = await someone();
  const setup = await who.json('POST', '/api/v1/billing/method/setup', { next: '/plans' });
  stripe.setupFinish(sessionOf(setup.setup_id), card);
  expect(await who.json('POST', `/api/v1/billing/method/setups/${setup.setup_id}/confirm`, {})).toMatchObject({ status: 'succeeded', next: '/plans' });
  return who;
}
const subscribe = (who: Client, headers = once()) => paid(who, '/api/v1/subscription', { price_id: prices.basic, country: 'DE' }, headers);

test('the stand-in and the stripe package agree', async () => {
  const customer = await library.customers.create({ metadata: { account_id: 'nobody' } });
  expect((await library.customers.retrieve(customer.id)).id).toBe(customer.id);
  const make = (success_url: string, idempotencyKey: string) => library.checkout.sessions.create({ mode: 'setup', customer: customer.id, payment_method_types: ['card'], success_url, cancel_url: 'https://x.example/' } as Stripe.Checkout.SessionCreateParams, { idempotencyKey });
  const [a, b] = [await make('https://x.example/a', 'key-one'), await make('https://x.example/a', 'key-one')];
  expect([b.id, b.lastResponse.headers['idempotent-replayed']]).toEqual([a.id, 'true']);
  await expect(make('https://x.example/other', 'key-one')).rejects.toBeInstanceOf(Stripe.errors.StripeIdempotencyError);
  stripe.webhookUrl = '';
  stripe.setupFinish(a.id, 'insufficient_funds');
  const done = await library.checkout.sessions.retrieve(a.id, { expand: ['setup_intent.payment_method'] });
  const method = (done.setup_intent as any).payment_method;
  expect([done.status, method.card.last4]).toEqual(['complete', '0341']);
  const charge = { amount: 999, currency: 'eur', customer: customer.id, payment_method: method.id, payment_method_types: ['card'], confirm: true, off_session: true } as const;
  await expect(library.paymentIntents.create(charge)).rejects.toMatchObject({ type: 'StripeCardError', decline_code: 'insufficient_funds' });
  stripe.cardSet(customer.id, 'ok');
  const ok = await library.paymentIntents.create(charge);
  expect([ok.status, (await library.paymentIntents.list({ customer: customer.id })).data.length]).toEqual(['succeeded', 2]);
  expect((await library.refunds.create({ payment_intent: ok.id, amount: 99 })).status).toBe('succeeded');
  await expect(library.refunds.create({ payment_intent: ok.id, amount: 999 })).rejects.toMatchObject({ type: 'StripeInvalidRequestError' });
  await expect(new Stripe('sk_test_wrong', { host: '127.0.0.1', port: stripe.port, protocol: 'http' }).customers.create()).rejects.toMatchObject({ type: 'StripeAuthenticationError' });
  stripe.disputeOpen(ok.id);
  const disputed = [...stripe.disputes.keys()].at(-1)!;
  expect((await library.disputes.retrieve(disputed)).status).toBe('needs_response');
  const body = JSON.stringify(stripe.events.at(-1));
  expect(library.webhooks.constructEvent(body, stripe.signature(body), stripe.webhookSecret).type).toBe('charge.dispute.created');
  stripe.webhookUrl = `${node.url}/api/v1/webhooks/stripe`;
});

const send = (body: string, header: string) => fetch(`${node.url}/api/v1/webhooks/stripe`, { method: 'POST', body, headers: { 'content-type': 'application/json', ...(header ? { 'stripe-signature': header } : {}) } });
const anEvent = (type: string, object: object, id = `evt_${randomUUID()}`) => JSON.stringify({ id, object: 'event', type, data: { object } });

test('a webhook is taken with the signature that the stripe package makes, within five minutes, and no other', async () => {
  const body = anEvent('plan.created', { id: 'plan_1', object: 'plan' }); // of a type that we do not know
  const at = Math.floor(Date.now() / 1000);
  const header = (timestamp = at, secret = stripe.webhookSecret) => library.webhooks.generateTestHeaderString({ payload: body, secret, timestamp });
  expect((await send(body, header())).status).toBe(204);
  expect((await send(body, `${header(at, 'whsec_before')},${header().split(',')[1]}`)).status).toBe(204); // a secret that is being changed
  expect((await send(body, header(at - 280))).status).toBe(204);
  for (const bad of ['', 't=1', `t=${at}`, 'v1=00', header(at, 'whsec_wrong'), header(at - 400), header(at + 400), header().replace('v1=', 'v0='), header().replace(`t=${at}`, `t=${at - 1}`)]) {
    const r = await send(body, bad);
    expect([r.status, (await r.json()).code]).toEqual([400, 'billing.webhook_signature']);
  }
  expect((await send(body + ' ', header())).status).toBe(400);
  const none = 'not json';
  expect((await send(none, library.webhooks.generateTestHeaderString({ payload: none, secret: stripe.webhookSecret }))).status).toBe(400);
  expect(sql(node, `SELECT COUNT(*) FROM webhook_event WHERE event_id = '${JSON.parse(body).id}'`)).toBe('1');
});

test('a card is kept on Stripe’s page, in a browser; then a plan is paid with it', async ({ browser }) => {
  const who = await someone();
  expect(await who.json('GET', '/api/v1/billing/gateway')).toEqual({ name: 'stripe', kind: 'redirect', test_cards: [] });
  const setup = await who.json('POST', '/api/v1/billing/method/setup', { next: '/plans' });
  expect(setup).toMatchObject({ kind: 'redirect', gateway: 'stripe', url: expect.stringContaining('/c/pay/cs_test_') });
  const ask = () => who.json('POST', `/api/v1/billing/method/setups/${setup.setup_id}/confirm`, {});
  const context = await signedInContext(browser, node, who);
  const page = await context.newPage();
  await page.goto(setup.url);
  await page.getByRole('button', { name: 'Back' }).click();
  await expect(page).toHaveURL(`${node.url}/billing/return?setup=${setup.setup_id}`);
  expect(await ask()).toMatchObject({ status: 'open', method: null });
  stripe.webhookUrl = ''; // and no webhook ever comes
  await page.goto(setup.url);
  // awaited from before the press: the page that it leads to goes on by itself as soon as it knows
  await Promise.all([page.waitForURL(`${node.url}/billing/return?setup=${setup.setup_id}`, { waitUntil: 'commit' }), page.getByRole('button', { name: 'Save card 4242' }).click()]);
  expect(await ask()).toMatchObject({ status: 'succeeded', method: { gateway: 'stripe', label: 'Visa ending in 4242' }, next: '/plans' });
  expect(await ask()).toMatchObject({ status: 'succeeded' });
  expect(await refused(await (await someone()).call('POST', `/api/v1/billing/method/setups/${setup.setup_id}/confirm`, {}))).toEqual([404, 'billing.setup_not_found']);
  const done = await subscribe(who);
  expect(done).toMatchObject({ status: 'succeeded', charged: { minor: 999 }, subscription: { state: 'active' } });
  const [intent] = await intentsOf(who);
  expect(intent).toMatchObject({ amount: 999, currency: 'eur', metadata: { payment_id: done.payment_id } });
  expect(stripe.requests.filter((r) => r.key === done.payment_id)).toMatchObject([{ path: '/v1/payment_intents', version: '2024-06-20' }]);
  stripe.webhookUrl = `${node.url}/api/v1/webhooks/stripe`;
  await context.close();
});

test('the webhook comes before the redirect, and the visitor never comes', async () => {
  const who = await someone();
  const setup = await who.json('POST', '/api/v1/billing/method/setup', {});
  stripe.setupFinish(sessionOf(setup.setup_id));
  await expect.poll(async () => (await billing(who)).method?.label).toBe('Visa ending in 4242');
  expect(await who.json('POST', `/api/v1/billing/method/setups/${setup.setup_id}/confirm`, {})).toMatchObject({ status: 'succeeded' });
  expect(sql(node, `SELECT COUNT(*) FROM payment_method WHERE account_id = '${accounts.get(who)}'`)).toBe('1');
});

test('nobody pays with a token of their own', async () => {
  const [ana, eve] = [await withCard(), await someone()];
  const method = [...stripe.methods.values()].findLast((m) => m.behaviour === 'ok')!;
  const body = { price_id: prices.basic, gateway: 'stripe', token: `${await customerOf(ana)}/${method.id}` };
  expect(await refused(await eve.call('POST', '/api/v1/subscription', body, once()))).toEqual([400, 'billing.setup_needed']);
  expect(await refused(await eve.call('POST', '/api/v1/subscription', { ...body, gateway: 'test', token: 'test_ok' }, once()))).toEqual([400, 'billing.gateway_unknown']);
});

test('declines say what a payer may know', async () => {
  for (const [card, code] of [['insufficient_funds', 'insufficient_funds'], ['stolen_card', 'card_declined']] as const) {
    const who = await withCard(card);
    expect(await subscribe(who)).toMatchObject({ status: 'declined', decline_code: code, subscription: null });
    stripe.cardSet(await customerOf(who), 'ok');
    expect(await subscribe(who)).toMatchObject({ status: 'succeeded' });
  }
});

test('3-D Secure: the bank’s page in a browser, refused and confirmed; with the webhook alone', async ({ browser }) => {
  const who = await withCard('sca_on_session');
  const context = await signedInContext(browser, node, who);
  const page = await context.newPage();
  for (const [button, status] of [['Fail', 'declined'], ['Complete', 'succeeded']]) {
    stripe.webhookUrl = '';
    const ask = await subscribe(who);
    expect(ask).toMatchObject({ status: 'action_required', action_url: expect.stringContaining('/3ds/pi_') });
    await page.goto(ask.action_url);
    await page.getByRole('button', { name: button }).click();
    await expect(page).toHaveURL((u) => u.pathname === '/billing/return' && u.searchParams.get('payment') === ask.payment_id);
    expect(await confirm(who, ask.payment_id)).toMatchObject({ status });
  }
  stripe.webhookUrl = `${node.url}/api/v1/webhooks/stripe`;
  const other = await withCard('sca_on_session');
  const ask = await subscribe(other);
  stripe.bankAnswer((await intentsOf(other))[0]!.id, true);
  await expect.poll(async () => (await billing(other)).subscription?.state).toBe('active');
  expect(await confirm(other, ask.payment_id)).toMatchObject({ status: 'succeeded' });
  await chargedOnce(other);
  await context.close();
});

test('events twice, late and in the wrong order change nothing', async () => {
  const who = await withCard('sca_on_session');
  stripe.webhookUrl = '';
  const from = stripe.events.length;
  const ask = await subscribe(who);
  stripe.bankAnswer((await intentsOf(who))[0]!.id, true);
  const [action, succeeded] = stripe.events.slice(from);
  expect([action!.type, succeeded!.type]).toEqual(['payment_intent.requires_action', 'payment_intent.succeeded']);
  stripe.webhookUrl = `${node.url}/api/v1/webhooks/stripe`;
  for (const e of [succeeded!, succeeded!, action!, succeeded!, action!]) expect(await stripe.deliver(e)).toBe(204);
  await expect.poll(async () => (await billing(who)).subscription?.state).toBe('active');
  await expect.poll(() => sql(node, "SELECT COUNT(*) FROM webhook_event WHERE done_at = 0")).toBe('0');
  expect(await confirm(who, ask.payment_id)).toMatchObject({ status: 'succeeded' });
  expect((await who.json('GET', '/api/v1/invoices')).items).toHaveLength(1);
  // a true signature on a lie: the object itself is asked, and says otherwise
  const eve = await withCard('sca_on_session');
  const lied = await subscribe(eve);
  const [open] = await intentsOf(eve);
  await stripe.deliver(JSON.parse(anEvent('payment_intent.succeeded', { ...open, status: 'succeeded' })));
  await expect.poll(() => sql(node, "SELECT COUNT(*) FROM webhook_event WHERE done_at = 0")).toBe('0');
  expect(await confirm(eve, lied.payment_id)).toMatchObject({ status: 'action_required' });
});

for (const what of ['lost-answer', 'lost-request', '429', '500', '500-kept'] as const)
  test(`${what}: charged once`, async () => {
    stripe.webhookUrl = '';
    const who = await withCard();
    // lost for good, however often it is tried within the request
    stripe.faults = [{ match: 'POST /v1/payment_intents', what, times: what.startsWith('lost') ? 3 : 1 }];
    const done = await subscribe(who);
    stripe.faults = [];
    if (what === '500-kept') {
      // Stripe repeats what it kept: it stays unknown, nothing is charged, and a day later the key is free
      expect([done.status, (await confirm(who, done.payment_id)).status, (await intentsOf(who)).length]).toEqual(['processing', 'processing', 0]);
      stripe.forget(done.payment_id);
    }
    expect(await confirm(who, done.payment_id)).toMatchObject({ status: 'succeeded', subscription: { state: 'active' } });
    expect(await intentsOf(who)).toHaveLength(1);
    expect((await who.json('GET', '/api/v1/invoices')).items).toHaveLength(1);
    stripe.webhookUrl = `${node.url}/api/v1/webhooks/stripe`;
  });

test('an answer that was lost is found after Stripe has forgotten the key', async () => {
  stripe.webhookUrl = '';
  const who = await withCard();
  stripe.faults = [{ match: 'POST /v1/payment_intents', what: 'lost-answer', times: 3 }];
  const done = await subscribe(who);
  expect(done.status).toBe('processing');
  stripe.forget(done.payment_id);
  expect(await confirm(who, done.payment_id)).toMatchObject({ status: 'succeeded' });
  expect(await intentsOf(who)).toHaveLength(1);
  stripe.webhookUrl = `${node.url}/api/v1/webhooks/stripe`;
});

test('money back, in part and whole; a lost answer gives it back once', async () => {
  const who = await withCard();
  const { payment_id } = await subscribe(who);
  const [intent] = await intentsOf(who);
  const given = () => [...stripe.refunds.values()].filter((r) => r.payment_intent === intent!.id).map((r) => r.amount);
  const refund = (body: object) => paid(operator, `/api/v1/operator/payments/${payment_id}/refunds`, { reason: 'A reason', ...body });
  expect(await refund({ amount_minor: 100 })).toMatchObject({ status: 'succeeded' });
  stripe.faults = [{ match: 'POST /v1/refunds', what: 'lost-answer' }];
  expect(await refund({ amount_minor: 200 })).toMatchObject({ status: 'succeeded' });
  expect(await refund({ ends_access: true })).toMatchObject({ status: 'succeeded', amount: { minor: 699 } });
  expect(given()).toEqual([100, 200, 699]);
  expect((await billing(who)).subscription.state).toBe('ended');
  expect(await refused(await operator.call('POST', `/api/v1/operator/payments/${payment_id}/refunds`, { reason: 'x' }, once()))).toEqual([400, 'billing.refund_too_large']);
  await books();
});

test('money that was given back in Stripe’s dashboard is in our books, once', async () => {
  const who = await withCard();
  const { invoice_id } = await subscribe(who);
  const [intent] = await intentsOf(who);
  const before = await books();
  await library.refunds.create({ payment_intent: intent!.id, amount: 300 });
  const notes = async () => (await who.json('GET', `/api/v1/invoices/${invoice_id}`)).credit_notes.map((n: any) => n.total.minor);
  await expect.poll(notes).toEqual([300]);
  const event = stripe.events.findLast((e) => e.data.object.object === 'refund')!;
  await Promise.all(['a', 'b', 'c'].map((n) => stripe.deliver({ ...event, id: `evt_${randomUUID()}`, type: `refund.${n}` })));
  await expect.poll(() => sql(node, 'SELECT COUNT(*) FROM webhook_event WHERE done_at = 0')).toBe('0');
  expect([await notes(), (await books()).cash]).toEqual([[300], before.cash! - 300]);
  expect([...stripe.refunds.values()].filter((r) => r.payment_intent === intent!.id)).toHaveLength(1);
});

async function letters(): Promise<ParsedMail[]> {
  const dir = join(node.data, 'outbox');
  return await Promise.all((existsSync(dir) ? readdirSync(dir) : []).filter((f) => f.endsWith('.eml')).map((f) => simpleParser(readFileSync(join(dir, f)))));
}
const staffLetters = async (payment: string) => (await letters()).filter((l) => l.text!.includes(payment)).map((l) => l.subject!).sort();
const settled = () => expect.poll(() => sql(node, 'SELECT COUNT(*) FROM webhook_event WHERE done_at = 0')).toBe('0');

test('a refund that fails days later is undone in the books, its note cancelled, and staff are told; once', async () => {
  const who = await withCard();
  const { payment_id, invoice_id } = await subscribe(who);
  const [intent] = await intentsOf(who);
  const before = await books();
  await paid(operator, `/api/v1/operator/payments/${payment_id}/refunds`, { amount_minor: 400, reason: 'Ours' });
  await library.refunds.create({ payment_intent: intent!.id, amount: 300 });
  const notes = async () => (await who.json('GET', `/api/v1/invoices/${invoice_id}`)).credit_notes.map((n: any) => [n.total.minor, n.cancelled_at !== null]);
  await expect.poll(notes).toEqual([[400, false], [300, false]]);
  const own = [...stripe.refunds.values()].filter((r) => r.payment_intent === intent!.id);
  for (const r of own) stripe.refundFail(r.id);
  await expect.poll(notes).toEqual([[400, true], [300, true]]);
  for (const e of stripe.events.filter((x) => own.some((r) => r.id === x.data.object.id)).reverse()) await stripe.deliver({ ...e, id: `evt_${randomUUID()}` }); // all again, backwards
  await settled();
  expect(await notes()).toEqual([[400, true], [300, true]]);
  const now = await books();
  expect([now.cash, now.revenue]).toEqual([before.cash, before.revenue]);
  const { items } = await operator.json('GET', `/api/v1/operator/accounts/${accounts.get(who)}/payments`);
  expect(items[0].refunds.map((r: any) => r.status)).toEqual(['reversed', 'reversed']);
  await expect.poll(() => staffLetters(payment_id)).toHaveLength(2);
  expect(sql(node, "SELECT COUNT(*) FROM audit WHERE role = 'gateway' AND action = 'refund failed'")).toBe('2');
  // it can be given back again, whole: the tax of cancelled notes does not count
  expect(await paid(operator, `/api/v1/operator/payments/${payment_id}/refunds`, { reason: 'Again' })).toMatchObject({ status: 'succeeded', amount: { minor: 999 } });
  expect(await notes()).toEqual([[400, true], [300, true], [999, false]]);
  // one that had failed before we heard of it is nothing
  const other = await withCard();
  await subscribe(other);
  const [theirs] = await intentsOf(other);
  stripe.webhookUrl = '';
  const { id } = await library.refunds.create({ payment_intent: theirs!.id, amount: 100 });
  stripe.refundFail(id);
  stripe.webhookUrl = `${node.url}/api/v1/webhooks/stripe`;
  for (const e of stripe.events.filter((x) => x.data.object.id === id)) await stripe.deliver(e);
  await settled();
  expect(sql(node, 'SELECT COUNT(*) FROM credit_note')).toBe(sql(node, 'SELECT MAX(number) FROM credit_note'));
  expect((await books()).cash).toBe(now.cash! - 999 + 999);
});

test('the webhook, the payer and a second press at one instant are one payment', async () => {
  const who = await withCard('sca_on_session');
  const ask = await subscribe(who);
  stripe.bankAnswer((await intentsOf(who))[0]!.id, true); // delivers the event by itself, too
  const event = stripe.events.at(-1)!;
  await Promise.all([confirm(who, ask.payment_id), stripe.deliver({ ...event, id: `evt_${randomUUID()}` }), confirm(who, ask.payment_id), stripe.deliver(event), confirm(who, ask.payment_id)]);
  expect(await confirm(who, ask.payment_id)).toMatchObject({ status: 'succeeded', subscription: { state: 'active' } });
  expect((await who.json('GET', '/api/v1/invoices')).items).toHaveLength(1);
  expect((await intentsOf(who)).map((p) => p.status)).toEqual(['succeeded']);
});

test('a dispute ends what it paid for; lost it is a loss, won it comes back', async () => {
  const before = await books();
  const who = await withCard();
  const { payment_id, invoice_id } = await subscribe(who);
  const bought = await paid(who, '/api/v1/purchases', { offer_id: rental });
  const [plan, film] = await intentsOf(who);
  const asked = stripe.disputeOpen(plan!.id, 'warning_needs_response'); // a bank that only asks
  await dispute('inquiry');
  expect((await billing(who)).subscription.state).toBe('active');
  stripe.disputeSet(asked.id, 'needs_response');
  await dispute('open');
  expect((await billing(who)).subscription.state).toBe('ended');
  expect((await who.json('GET', `/api/v1/invoices/${invoice_id}`)).dispute).toBe('open');
  expect(await refused(await operator.call('POST', `/api/v1/operator/payments/${payment_id}/refunds`, { reason: 'x' }, once()))).toEqual([409, 'billing.disputed']);
  expect((await books()).disputed).toBe((before.disputed ?? 0) + 999);
  stripe.disputeSet(asked.id, 'lost');
  await dispute('lost');
  for (const e of stripe.events.filter((x) => x.data.object.id === asked.id).reverse()) await stripe.deliver(e); // all again, backwards
  await expect.poll(() => sql(node, 'SELECT COUNT(*) FROM webhook_event WHERE done_at = 0')).toBe('0');
  let now = await books();
  expect([now.disputed ?? 0, now.chargeback]).toEqual([before.disputed ?? 0, (before.chargeback ?? 0) + 999]);

  const owned = async () => (await who.json('GET', '/api/v1/purchases')).items[0].state;
  const other = stripe.disputeOpen(film!.id);
  await dispute('open');
  expect([bought.status, await owned()]).toEqual(['succeeded', 'revoked']);
  stripe.disputeSet(other.id, 'won');
  await dispute('won');
  expect(await owned()).toBe('active');
  now = await books();
  expect([now.disputed ?? 0, now.cash]).toEqual([before.disputed ?? 0, before.cash! + 500]);
  // staff were written to at each step, with the last day for evidence
  await expect.poll(() => staffLetters(payment_id)).toEqual(['A bank asks about a payment of 9.99 EUR', 'A dispute is lost: 9.99 EUR', 'A payment of 9.99 EUR is disputed']);
  const year = new Date(asked.evidence_details.due_by * 1000).getUTCFullYear();
  expect((await letters()).find((l) => l.text!.includes(payment_id) && l.subject!.includes('is disputed'))!.text).toContain(` ${year}: send it`);
  await expect.poll(() => staffLetters(bought.payment_id)).toEqual(['A dispute is won: 5.00 EUR', 'A payment of 5.00 EUR is disputed']);
});

test('a renewal fails, the card recovers, and is charged off session', async () => {
  const disputed = await withCard();
  const { payment_id } = await subscribe(disputed);
  stripe.disputeOpen((await intentsOf(disputed))[0]!.id);
  await dispute('open');
  sql(node, `UPDATE dispute SET due_at = ${Date.now() + 2 * 86_400_000} WHERE state = 'open'`); // a week later
  const who = await withCard();
  await subscribe(who);
  const customer = await customerOf(who);
  stripe.cardSet(customer, 'insufficient_funds');
  const due = async () => {
    sql(node, `UPDATE subscription SET next_at = 1 WHERE account_id = '${accounts.get(who)}'`);
    await node.stop();
    await start(); // the clock looks five seconds after a start
  };
  await due();
  await expect.poll(async () => (await billing(who)).subscription.state).toBe('past_due');
  expect((await billing(who)).subscription.entitled).toBe(true); // in the grace
  await expect.poll(() => staffLetters(payment_id)).toEqual(['A payment of 9.99 EUR is disputed', 'The time for evidence ends: a payment of 9.99 EUR']);
  stripe.cardSet(customer, 'ok');
  await due();
  await expect.poll(async () => (await billing(who)).subscription.state).toBe('active');
  expect((await intentsOf(who)).map((p) => p.status)).toEqual(['succeeded', 'requires_payment_method', 'succeeded']);
  expect((await who.json('GET', '/api/v1/invoices')).items).toHaveLength(2);
  // a bank that wants to ask an absent payer: they are asked when they come back
  stripe.cardSet(customer, 'sca_always');
  await due();
  await expect.poll(async () => (await billing(who)).subscription.state).toBe('past_due');
  const ask = await paid(who, '/api/v1/subscription/pay', {});
  expect(ask.status).toBe('action_required');
  stripe.bankAnswer((await intentsOf(who)).at(-1)!.id, true);
  expect(await confirm(who, ask.payment_id)).toMatchObject({ status: 'succeeded', subscription: { state: 'active' } });
});

test('killed between charge and settlement: the same request again finds the charge', async () => {
  stripe.webhookUrl = '';
  const who = await withCard();
  const key = once();
  stripe.beforeAnswer = (what) => {
    if (what === 'POST /v1/payment_intents') node.kill('SIGKILL');
  };
  await subscribe(who, key).catch(() => 'gone');
  stripe.beforeAnswer = undefined;
  await node.exited();
  expect(await intentsOf(who)).toHaveLength(1);
  await start();
  expect(await subscribe(who, key)).toMatchObject({ status: 'succeeded', subscription: { state: 'active' } });
  expect(await intentsOf(who)).toHaveLength(1);
  expect((await who.json('GET', '/api/v1/invoices')).items).toHaveLength(1);
  stripe.webhookUrl = `${node.url}/api/v1/webhooks/stripe`;
});

test('killed in between, and nobody asks again: the clock finds the charge', async () => {
  stripe.webhookUrl = '';
  const who = await withCard();
  stripe.beforeAnswer = (what) => {
    if (what === 'POST /v1/payment_intents') node.kill('SIGKILL');
  };
  await subscribe(who).catch(() => 'gone');
  stripe.beforeAnswer = undefined;
  await node.exited();
  sql(node, `UPDATE payment SET next_at = 1 WHERE account_id = '${accounts.get(who)}'`); // a minute later
  await start();
  await expect.poll(async () => (await billing(who)).subscription?.state).toBe('active');
  expect(await intentsOf(who)).toHaveLength(1);
  stripe.webhookUrl = `${node.url}/api/v1/webhooks/stripe`;
});

test('with a key that Stripe does not accept nothing is lost', async () => {
  const who = await withCard();
  await node.stop();
  const wrong = 'sk_test_a_key_that_was_rolled';
  await node.start({ args: ['--stripe-url', stripe.url], env: { ...stripe.env, MATINEE_STRIPE_SECRET_KEY: wrong } });
  const done = await subscribe(who);
  expect(done.status).toBe('processing');
  expect(await refused(await who.call('POST', '/api/v1/billing/method/setup', {}))).toEqual([503, 'billing.gateway_unreachable']);
  const log = readFileSync(node.log, 'utf8');
  expect(log).toContain('stripe-secret-key is not accepted');
  expect(log).not.toContain(wrong);
  await node.stop();
  await start();
  expect(await confirm(who, done.payment_id)).toMatchObject({ status: 'succeeded' });
  expect(await intentsOf(who)).toHaveLength(1);
});

test('while Stripe is away nobody waits for it, and afterwards all goes on', async () => {
  const who = await someone();
  const setup = () => who.call('POST', '/api/v1/billing/method/setup', {});
  stripe.faults = [{ match: 'POST /v1/customers', what: 'lost-request', times: 1000 }];
  for (let i = 0; i < 5; i++) expect((await setup()).status).toBe(503);
  const left = stripe.faults[0]!.times;
  for (let i = 0; i < 3; i++) expect(await refused(await setup())).toEqual([503, 'billing.gateway_unreachable']);
  expect(stripe.faults[0]!.times).toBe(left); // not even asked
  stripe.faults = [];
  await node.stop(); // it would be asked again after fifteen seconds; so it is at once
  await start();
  expect((await setup()).status).toBe(200);
});

test('the key goes to nobody who is not Stripe', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'matinee-false-stripe-'));
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-keyout', join(dir, 'key'), '-out', join(dir, 'cert')], { stdio: 'ignore' });
  let asked = 0;
  const impostor = createServer({ key: readFileSync(join(dir, 'key')), cert: readFileSync(join(dir, 'cert')) }, (_, rs) => {
    asked++;
    rs.end('{}');
  });
  await new Promise<void>((done) => impostor.listen(0, done));
  const other = new MatineeNode();
  try {
    await expect(new MatineeNode(other.data).start({ args: ['--stripe-url', 'http://stripe.example'], env: stripe.env })).rejects.toThrow(/Write stripe-url with https/);
    await other.start({ args: ['--stripe-url', `https://localhost:${(impostor.address() as any).port}`], env: stripe.env });
    const who = await viewer(other);
    expect(await refused(await who.call('POST', '/api/v1/billing/method/setup', {}))).toEqual([503, 'billing.gateway_unreachable']);
    expect(asked).toBe(0); // its certificate is nobody's
  } finally {
    await other.stop();
    other.remove();
    impostor.close();
    rmSync(dir, { recursive: true });
  }
});

test('who is erased is forgotten at Stripe', async () => {
  const who = await withCard();
  const customer = await customerOf(who);
  expect((await who.call('DELETE', '/api/v1/me', { password: 'a long enough password' })).status).toBe(204);
  await expect.poll(() => stripe.customers.has(customer)).toBe(false);
});

test('the keys stand in no log and no answer', async () => {
  const log = readFileSync(node.log, 'utf8');
  expect(log).toContain('billing.stripe_again'); // the log was read, and has our lines
  for (const secret of [stripe.secretKey, stripe.webhookSecret, 'client_secret', '_secret_']) expect(log).not.toContain(secret);
  const settings = node.run('config');
  for (const secret of [stripe.secretKey, stripe.webhookSecret]) expect(settings).not.toContain(secret);
  for (const args of [['--stripe-secret-key', 'sk_test_in_the_open'], ['--stripe-webhook-secret', 'whsec_in_the_open']])
    expect(() => node.run('config', ...args)).toThrow(/must not stand in a command line/);
});
