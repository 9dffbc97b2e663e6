// Who pays and what that opens, over HTTP against the real program with the test gateway: sign up, plan, pay (declined, 3-D
// Secure, accepted), watch, cancel; rent, refund; an operator's side; what is nobody's business.
import { expect, test } from '@playwright/test';
import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeCountries } from '../lib/countries.ts';
import { clips } from '../lib/media.ts';
import { Client, MatineeNode } from '../lib/node.ts';

const device = { kind: 'web', name: 'Flow', codecs: ['avc1.640028', 'mp4a.40.2'], drm: ['org.w3.clearkey'] };
const node = new MatineeNode();
let film: { slug: string; title_id: string };
let operator: Client;
let prices: Record<string, string>;
// As behind a CDN on this machine that says where its visitors are.
const countries = join(tmpdir(), `countries-${process.pid}.mmdb`);
const proxied = ['--country-database', countries, '--trusted-proxies', '127.0.0.1,::1', '--country-header', 'CF-IPCountry'];
const rental = '01ARZ3NDEKTSV4RRFFQ69G5FAV';

test.describe.configure({ mode: 'serial' });
test.beforeAll(async () => {
  writeCountries(countries, { '192.0.2.0/24': 'DE', '198.51.100.0/25': 'US' });
  await node.start({ args: ['--billing-test-gateway', '--billing-seller', 'Kino <Ltd>, 1 High Street', ...proxied] });
  film = node.import(clips.short(), '--title', 'A film');
  operator = await staff();
});
test.afterAll(async () => {
  await node.stop();
  node.remove();
  rmSync(countries);
});

const viewer = () => new Client(node).signUp();
const staff = async () => (await viewer()).become('operator');
const once = () => ({ 'idempotency-key': randomUUID() });
const pays = (who: Client, path: string, body: object, headers: Record<string, string> = once()) => who.call('POST', path, body, headers);
async function paid(who: Client, path: string, body: object): Promise<any> {
  const r = await pays(who, path, body);
  const text = await r.text();
  expect([r.status, text]).toEqual([200, expect.any(String)]);
  return JSON.parse(text);
}
const play = (who: Client) => who.call('POST', '/api/v1/playback', { title_id: film.title_id, device });
async function refused(r: Response): Promise<[number, string]> {
  const problem = await r.json();
  expect(problem.detail).toMatch(/\w+ .*[.]$/);
  return [r.status, problem.code];
}

test('a title in no offer is free to who is signed in', async () => {
  const who = await viewer();
  expect((await play(who)).status).toBe(201);
  expect(await who.json('GET', `/api/v1/titles/${film.title_id}/access`)).toMatchObject({ granted: true, via: 'free' });
});

test('an operator makes plans, prices, a tax and offers; nobody else does', async () => {
  const who = await viewer();
  for (const path of ['plans/basic', 'plans/basic/prices', 'taxes/DE', `offers/${rental}`, 'coupons/HALF'])
    expect((await who.call('PUT', `/api/v1/operator/${path}`, {})).status).toBe(403);
  await operator.json('PUT', '/api/v1/operator/plans/basic', { name: 'Basic', level: 1, streams: 1, max_height: 480 });
  await operator.json('PUT', '/api/v1/operator/plans/premium', { name: 'Premium', level: 2, streams: 4 });
  prices = {};
  for (const [plan, minor] of [['basic', 999], ['premium', 1499]] as const) {
    const p = await operator.json('PUT', `/api/v1/operator/plans/${plan}/prices`, { months: 1, currency: 'EUR', amount_minor: minor });
    prices[plan] = p.prices[0].id;
  }
  expect((await operator.call('PUT', '/api/v1/operator/taxes/DE', { name: 'VAT', rate_bp: 1900, inclusive: true })).status).toBe(204);
  for (const [id, plan] of [['01ARZ3NDEKTSV4RRFFQ69G5FA1', 'basic'], ['01ARZ3NDEKTSV4RRFFQ69G5FA2', 'premium']])
    await operator.json('PUT', `/api/v1/operator/offers/${id}`, { kind: 'plan', name: 'Catalogue', plan, title_ids: [film.title_id] });
  const list = await new Client(node).json('GET', '/api/v1/plans?country=DE');
  expect(list.items.map((p: any) => [p.slug, p.prices[0].price])).toEqual([
    ['basic', { minor: 999, currency: 'EUR', exponent: 2 }],
    ['premium', { minor: 1499, currency: 'EUR', exponent: 2 }],
  ]);
  for (const bad of [
    { months: 2, currency: 'EUR', amount_minor: 1 },
    { months: 1, currency: 'EUX', amount_minor: 1 },
    { months: 1, currency: 'EUR', amount_minor: -1 },
    { months: 1, currency: 'EUR', amount_minor: 1e15 },
    { months: 1, currency: 'EUR', amount_minor: 1.5 },
    { months: 1, currency: 'EUR', amount_minor: 1, country: 'de' },
  ])
    expect((await operator.call('PUT', '/api/v1/operator/plans/basic/prices', bad)).status).toBe(400);
});

test('sign up, be refused, be declined, answer the bank, watch, cancel, watch on', async () => {
  const who = await viewer();
  const no = await play(who);
  const problem = await no.json();
  expect([no.status, problem.code]).toEqual([403, 'playback.plan_required']);
  expect(problem.access.way).toMatchObject({ kind: 'plan', name: 'Basic', price_id: prices.basic, price: { minor: 999 } });
  expect(problem.detail).toContain('9.99 EUR');

  const declined = await paid(who, '/api/v1/subscription', { price_id: prices.basic, country: 'DE', gateway: 'test', token: 'test_declined' });
  expect(declined).toMatchObject({ status: 'declined', decline_code: 'card_declined', subscription: null });
  expect((await play(who)).status).toBe(403);

  const ask = await paid(who, '/api/v1/subscription', { price_id: prices.basic, country: 'DE', gateway: 'test', token: 'test_3ds' });
  expect(ask.status).toBe('action_required');
  expect((await play(who)).status).toBe(403);
  // the gateway tells us before the payer is back; then the payer comes back, twice
  expect((await who.call('POST', ask.action_url, { accept: true, notify: true })).status).toBe(204);
  expect((await play(who)).status).toBe(201);
  for (let i = 0; i < 2; i++)
    expect(await who.json('POST', `/api/v1/payments/${ask.payment_id}/confirm`, {})).toMatchObject({ status: 'succeeded', subscription: { state: 'active' } });
  expect(await refused(await (await viewer()).call('POST', `/api/v1/payments/${ask.payment_id}/confirm`, {}))).toEqual([404, 'billing.payment_not_found']);

  const up = await paid(who, '/api/v1/subscription/change', { price_id: prices.premium });
  expect(up).toMatchObject({ status: 'action_required' }); // the same card asks again
  expect((await who.call('POST', up.action_url, { accept: true })).status).toBe(204);
  expect((await who.json('POST', `/api/v1/payments/${up.payment_id}/confirm`, {})).subscription.current.plan).toBe('premium');

  expect(await who.json('POST', '/api/v1/subscription/cancel', {})).toMatchObject({ subscription: { state: 'cancelling', entitled: true } });
  expect((await play(who)).status).toBe(201);
  expect(await who.json('POST', '/api/v1/subscription/keep', {})).toMatchObject({ subscription: { state: 'active' } });
  expect((await who.json('POST', '/api/v1/subscription/pause', { months: 2 })).subscription.state).toBe('pausing');
  expect(await refused(await who.call('POST', '/api/v1/subscription/pause', { months: 2 }))).toEqual([409, 'billing.not_now']);
});

test('invoices are without gaps, equal their lines, and are only mine', async () => {
  const who = await viewer();
  await paid(who, '/api/v1/subscription', { price_id: prices.basic, country: 'DE', gateway: 'test', token: 'test_ok' });
  const { items } = await who.json('GET', '/api/v1/invoices');
  const whole = await who.json('GET', `/api/v1/invoices/${items[0].id}`);
  expect(whole).toMatchObject({ total: { minor: 999 }, net: { minor: 839 }, tax: { minor: 160 }, lines: [{ kind: 'plan', description: 'Basic', net: { minor: 839 }, tax: { minor: 160 } }] });
  const page = await who.call('GET', `/api/v1/invoices/${items[0].id}/page`);
  expect(page.headers.get('content-type')).toContain('text/html');
  expect(await page.text()).toContain('Kino &lt;Ltd&gt;');
  const pdf = await who.call('GET', `/api/v1/invoices/${items[0].id}/pdf`);
  expect([pdf.status, pdf.headers.get('content-type'), pdf.headers.get('content-disposition')]).toEqual([200, 'application/pdf', `inline; filename="invoice-${items[0].number}.pdf"`]);
  expect((await pdf.text()).slice(0, 7)).toBe('%PDF-1.');
  const other = await viewer();
  for (const tail of ['', '/page', '/pdf', '/credit-notes/1/pdf']) expect((await other.call('GET', `/api/v1/invoices/${items[0].id}${tail}`)).status).toBe(404);
});

test('a quote is what is charged then, to the cent, and changes nothing', async () => {
  await operator.json('PUT', '/api/v1/operator/coupons/third', { percent_bp: 3333, periods: 1 });
  const who = await viewer();
  const quote = (ask: object) => who.json('POST', '/api/v1/billing/quote', ask);
  const take = { price_id: prices.basic, country: 'DE', coupon: 'third' };
  for (let i = 0; i < 2; i++)
    expect(await quote(take)).toMatchObject({
      total: { minor: 666 }, due: { minor: 666 }, tax_bp: 1900, tax_inclusive: true, charge_at: null, trial_days: 0, renewal: { minor: 999 },
      lines: [{ kind: 'plan' }, { kind: 'discount', description: 'Coupon THIRD' }],
    });
  expect((await who.json('GET', '/api/v1/billing')).subscription).toBeNull();
  const pay = { ...take, gateway: 'test', token: 'test_ok' };
  expect(await refused(await pays(who, '/api/v1/subscription', { ...pay, expect_minor: 665 }))).toEqual([409, 'billing.amount_changed']);
  expect(await paid(who, '/api/v1/subscription', { ...pay, expect_minor: 666 })).toMatchObject({ charged: { minor: 666 } });
  const up = await quote({ price_id: prices.premium, change: true });
  expect(up).toMatchObject({ charge_at: null, lines: [{ kind: 'unused' }, { kind: 'plan' }], renewal: { minor: 1499 } });
  expect(up.due.minor).toBe(up.lines.reduce((sum: number, line: any) => sum + line.net.minor + line.tax.minor, 0));
  expect((await who.json('GET', '/api/v1/billing')).subscription.current.plan).toBe('basic');
  expect(await paid(who, '/api/v1/subscription/change', { price_id: prices.premium })).toMatchObject({ status: 'succeeded' });
  const down = await quote({ price_id: prices.basic, change: true });
  expect(down).toMatchObject({ total: { minor: 999 }, charge_at: (await who.json('GET', '/api/v1/billing')).subscription.period_end_at });
  expect(await refused(await who.call('POST', '/api/v1/billing/quote', {}))).toEqual([409, 'billing.nothing_due']);
  expect(await refused(await who.call('POST', '/api/v1/billing/quote', { ...take, country: 'de' }))).toEqual([400, expect.any(String)]);
});

test('the same Idempotency-Key at the same instant is one charge and one answer', async () => {
  const who = await viewer();
  const body = { price_id: prices.basic, gateway: 'test', token: 'test_ok' };
  const key = once();
  const answers = await Promise.all(Array.from({ length: 5 }, async () => (await pays(who, '/api/v1/subscription', body, key)).json()));
  for (const a of answers) expect(a).toEqual(answers[0]);
  expect(answers[0]).toMatchObject({ status: 'succeeded' });
  expect((await who.json('GET', '/api/v1/invoices')).items).toHaveLength(1);
  expect(await refused(await pays(who, '/api/v1/subscription', { ...body, token: 'test_3ds' }, key))).toEqual([409, 'billing.idempotency_mismatch']);
  expect(await refused(await who.call('POST', '/api/v1/subscription', body))).toEqual([400, 'billing.idempotency_key_missing']);
  expect(await refused(await pays(who, '/api/v1/subscription', body))).toEqual([409, 'billing.already_subscribed']);
});

test('what an operator gives is given once, however often it is asked at the same instant', async () => {
  const who = await viewer();
  const { account } = await who.json('GET', '/api/v1/session');
  const give = (id: string) => operator.call('PUT', `/api/v1/operator/accounts/${account.id}/credits/${id}`, { amount_minor: 500, currency: 'EUR', reason: 'The film stood still' });
  const all = await Promise.all([1, 2, 3, 4].map(() => give('01J000000000000000000G1FT1')));
  expect(all.map((r) => r.status)).toEqual([200, 200, 200, 200]);
  expect((await who.json('GET', '/api/v1/billing')).credits).toMatchObject([{ minor: 500, currency: 'EUR' }]);
  const other = await operator.call('PUT', `/api/v1/operator/accounts/${account.id}/credits/01J000000000000000000G1FT1`, { amount_minor: 700, currency: 'EUR', reason: 'More' });
  expect(await refused(other)).toEqual([409, 'billing.credit_taken']);
  expect((await give('01J000000000000000000G1FT2')).status).toBe(200);
  expect((await who.json('GET', '/api/v1/billing')).credits).toMatchObject([{ minor: 1000, currency: 'EUR' }]);
});

test('coupons, gift codes, a rental, and money back', async () => {
  const who = await viewer();
  await operator.json('PUT', '/api/v1/operator/coupons/half', { percent_bp: 5000, periods: 3 });
  // Every other route that names a currency.
  for (const currency of ['ZZZ', 'eur', 'EURO', '']) {
    const coupon = await operator.call('PUT', '/api/v1/operator/coupons/ODDMONEY', { amount_minor: 100, currency });
    const offer = await operator.call('PUT', `/api/v1/operator/offers/01ARZ3NDEKTSV4RRFFQ69G5FAV`, { kind: 'purchase', name: 'x', prices: [{ currency, amount_minor: 5 }] });
    for (const r of [coupon, offer]) {
      expect([currency, r.status]).toEqual([currency, 400]);
      expect((await r.json()).detail).toMatch(/[.]$/);
    }
  }
  const { codes } = await operator.json('POST', '/api/v1/operator/gift-codes', { amount_minor: 100, currency: 'EUR', count: 1 });
  expect((await who.json('POST', '/api/v1/gift-codes/redeem', { code: codes[0].toLowerCase() })).credits).toMatchObject([{ minor: 100, currency: 'EUR' }]);
  expect(await refused(await who.call('POST', '/api/v1/gift-codes/redeem', { code: codes[0] }))).toEqual([400, 'billing.gift_invalid']);
  const sub = await paid(who, '/api/v1/subscription', { price_id: prices.basic, country: 'DE', coupon: 'HALF', gateway: 'test', token: 'test_ok' });
  expect(sub.charged.minor).toBe(399); // 9.99 less 5.00 less 1.00 in hand

  await operator.json('PUT', `/api/v1/operator/offers/${rental}`, { kind: 'rental', name: 'Rent: A film', title_ids: [film.title_id], finish_hours: 48, prices: [{ currency: 'EUR', amount_minor: 299 }] });
  const renter = await viewer();
  expect((await (await play(renter)).json()).access.way).toMatchObject({ kind: 'rental', offer_id: rental, price: { minor: 299 } });
  const rented = await paid(renter, '/api/v1/purchases', { offer_id: rental, country: 'DE', gateway: 'test', token: 'test_ok' });
  expect((await play(renter)).status).toBe(201);
  expect((await renter.json('GET', '/api/v1/purchases')).items).toMatchObject([{ kind: 'rental', state: 'active', ends_at: expect.any(String) }]);
  const refund = await pays(operator, `/api/v1/operator/payments/${rented.payment_id}/refunds`, { reason: 'Did not play' });
  expect(await refund.json()).toMatchObject({ status: 'succeeded', amount: { minor: 299 } });
  expect(await refused(await play(renter))).toEqual([403, 'playback.plan_required']);
  const { items } = await renter.json('GET', '/api/v1/invoices');
  expect((await renter.json('GET', `/api/v1/invoices/${items[0].id}`)).credit_notes).toMatchObject([{ total: { minor: 299 }, reason: 'Did not play' }]);
  expect((await operator.json('GET', '/api/v1/operator/ledger')).balanced).toBe(true);
});

test('amounts, currencies and codes that cannot be are refused, and say what to do', async () => {
  const who = await viewer();
  const price = (body: object) => operator.call('PUT', '/api/v1/operator/plans/basic/prices', { months: 1, currency: 'EUR', amount_minor: 999, ...body });
  for (const bad of [{ amount_minor: -1 }, { amount_minor: 1e12 + 1 }, { amount_minor: 9.5 }, { amount_minor: '999' }, { currency: 'EURO' }, { currency: 'eur' },
    { currency: 'ZZZ' }, { months: 7 }, { country: 'Germany' }, { trial_days: -3 }]) {
    const r = await price(bad);
    expect([JSON.stringify(bad), r.status]).toEqual([JSON.stringify(bad), 400]);
    expect((await r.json()).detail).toMatch(/[.]$/);
  }
  // Beyond what an integer of JSON holds.
  const huge = await operator.call('POST', '/api/v1/operator/gift-codes', JSON.parse('{"currency":"EUR","amount_minor":9007199254740993,"count":1}'));
  expect(huge.status).toBe(400);
  for (const bad of [{ amount_minor: -5 }, { currency: 'XXL', amount_minor: 5 }])
    expect((await operator.call('POST', '/api/v1/operator/gift-codes', { currency: 'EUR', count: 1, ...bad })).status).toBe(400);
  const { codes } = await operator.json('POST', '/api/v1/operator/gift-codes', { currency: 'EUR', amount_minor: 500, count: 1, expires_at: '2020-01-01T00:00:00Z' });
  for (const code of [codes[0], 'NONE-SUCH-CODE-HERE', '']) {
    const r = await who.call('POST', '/api/v1/gift-codes/redeem', { code });
    expect(r.status).toBe(400);
  }
  await operator.json('PUT', '/api/v1/operator/coupons/BYGONE', { percent_bp: 5000, expires_at: '2020-01-01T00:00:00Z' });
  await operator.json('PUT', '/api/v1/operator/coupons/YENOFF', { amount_minor: 100, currency: 'JPY' });
  for (const coupon of ['BYGONE', 'YENOFF', 'NOSUCH'])
    expect(await refused(await pays(who, '/api/v1/subscription', { price_id: prices.basic, country: 'DE', gateway: 'test', token: 'test_ok', coupon }))).toEqual([400, 'billing.coupon_invalid']);
  expect(await who.json('GET', '/api/v1/billing')).toMatchObject({ subscription: null, credits: [] });
});

test('the plan holds the quality to what was paid for', async () => {
  const who = await viewer();
  await paid(who, '/api/v1/subscription', { price_id: prices.basic, gateway: 'test', token: 'test_ok' });
  const main = await (await fetch(node.url + (await (await play(who)).json()).hls_url)).text();
  const heights = [...main.matchAll(/RESOLUTION=\d+x(\d+)/g)].map((m) => Number(m[1]));
  expect(heights.length).toBeGreaterThan(0);
  expect(heights.every((h) => h <= Math.max(480, Math.min(...heights)))).toBe(true);
  const tv = new Client(node); // Basic is one stream at a time
  const { account } = await who.json('GET', '/api/v1/session');
  await tv.json('POST', '/api/v1/session', { email: account.email, password: 'a long enough password' });
  expect(await refused(await play(tv))).toEqual([409, 'playback.too_many_streams']);
});

test('what is erased is not charged again and leaves the books', async () => {
  const who = await viewer();
  await paid(who, '/api/v1/subscription', { price_id: prices.premium, gateway: 'test', token: 'test_ok' });
  const out = await who.json('GET', '/api/v1/me/export');
  expect(out.billing).toMatchObject({ invoices: [{ total: { minor: 1499 } }], payment_method: 'Test card ending in 4242' });
  expect((await who.call('DELETE', '/api/v1/me', { password: 'a long enough password' })).status).toBe(204);
  expect((await operator.json('GET', '/api/v1/operator/ledger')).balanced).toBe(true);
});

test('where somebody is, as the proxy before us says, opens and closes offers; nobody else may say it', async () => {
  const who = await viewer();
  const from = (country: string) => ({ 'cf-ipcountry': country });
  const playFrom = (country: string) => who.call('POST', '/api/v1/playback', { title_id: other.title_id, device }, from(country));
  const other = node.import(clips.short(), '--title', 'Elsewhere');
  const [avod, hold] = ['01ARZ3NDEKTSV4RRFFQ69G5FC1', '01ARZ3NDEKTSV4RRFFQ69G5FC2'];
  const offer = (id: string, more: object) => operator.call('PUT', `/api/v1/operator/offers/${id}`, { kind: 'avod', name: 'Free', title_ids: [other.title_id], ...more });
  expect(await refused(await offer(avod, { countries: ['Germany'] }))).toEqual([400, 'invalid']);
  expect((await (await offer(avod, { countries: ['DE', 'AT', 'DE'] })).json()).countries).toEqual(['AT', 'DE']);
  expect((await playFrom('DE')).status).toBe(201);
  for (const elsewhere of ['US', 'XX', 'T1', 'de', '', 'DE, AT'])
    expect(await refused(await playFrom(elsewhere)), elsewhere).toEqual([403, 'playback.not_here']);
  expect(await who.call('POST', '/api/v1/playback', { title_id: other.title_id, device }, { 'x-matinee-country': 'DE' }).then(refused)).toEqual([403, 'playback.not_here']);
  expect(await (await who.call('GET', `/api/v1/titles/${other.title_id}/access`, undefined, from('US'))).json()).toMatchObject({ granted: false, refusal: 'playback.not_here' });
  expect(await (await who.call('GET', `/api/v1/titles/${other.title_id}/offers`, undefined, from('US'))).json()).toEqual({ items: [] });
  expect((await (await who.call('GET', `/api/v1/titles/${other.title_id}/offers`, undefined, from('AT'))).json()).items).toHaveLength(1);
  await offer(hold, { kind: 'holdback', countries: ['AT'] });
  expect(await refused(await playFrom('AT'))).toEqual([403, 'playback.not_here']);
  expect((await playFrom('DE')).status).toBe(201);
  // Without the header, where the address is.
  const at = (address: string) => who.call('POST', '/api/v1/playback', { title_id: other.title_id, device }, { 'x-forwarded-for': address });
  expect((await at('192.0.2.200')).status).toBe(201);
  expect((await at('198.51.100.200, 192.0.2.200')).status).toBe(201); // the first is what a client made up
  for (const elsewhere of ['198.51.100.5', '203.0.113.1', '192.0.2.200, 198.51.100.5']) expect(await refused(await at(elsewhere))).toEqual([403, 'playback.not_here']);
  // What is sold in one country is not sold to who is in another.
  const sale = '01ARZ3NDEKTSV4RRFFQ69G5FC3';
  await offer(sale, { kind: 'purchase', prices: [{ currency: 'EUR', amount_minor: 500 }], countries: ['DE'] });
  const buy = { offer_id: sale, gateway: 'test', token: 'test_ok' };
  expect(await refused(await pays(who, '/api/v1/purchases', buy, { ...once(), ...from('FR') }))).toEqual([403, 'billing.offer_elsewhere']);
  expect((await pays(who, '/api/v1/purchases', buy, { ...once(), ...from('DE') })).status).toBe(200);
  expect((await playFrom('US')).status).toBe(201);
});
