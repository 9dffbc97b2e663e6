// Who pays and what that opens, in Chromium: sign up, a plan, a card that is declined, a bank that asks, the film, a stream too
// many; leaving and what is left then; a rental; a coupon; what a child and a television see of it, and who sells nothing.
import { expect, test, type Page } from '@playwright/test';
import { playsTo, signedInContext } from '../lib/browser.ts';
import { stock, type Film } from '../lib/library.ts';
import { Client, MatineeNode } from '../lib/node.ts';
import { remoteFaults } from '../lib/remote.ts';
import { accessFaults, complaints, pastTheEdge } from '../lib/screens.ts';
import { mainExec } from '../lib/sql.ts';

const password = 'a long enough password';
const device = { kind: 'tv', name: 'Living room', codecs: ['avc1.640028', 'mp4a.40.2'], drm: ['org.w3.clearkey'] };
const node = new MatineeNode();
const rental = '01ARZ3NDEKTSV4RRFFQ69G5FAV';
let film: { slug: string; title_id: string };
let rented: { slug: string; title_id: string };
let operator: Client;

test.beforeAll(async () => {
  [film, rented] = stock(node, 2) as [Film, Film];
  await node.start({ args: ['--billing-test-gateway', '--billing-country', 'DE', '--billing-seller', 'Kino Ltd, 1 High Street'] });
  operator = await (await new Client(node).signUp()).become('operator');
  const editor = await (await new Client(node).signUp()).become('editor');
  await editor.json('PATCH', `/api/v1/titles/${film.title_id}`, { maturity: 0 }); /* what nobody has rated no child sees */
  await sell();
});
test.afterAll(async () => {
  await node.stop();
  node.remove();
});

async function sell(): Promise<void> {
  const put = (path: string, body: object) => operator.call('PUT', `/api/v1/operator/${path}`, body).then(async (r) => expect([r.status, r.ok ? '' : await r.text()]).toEqual([expect.any(Number), '']));
  await put('taxes/DE', { name: 'VAT', rate_bp: 1900, inclusive: true });
  await put('taxes/US', { name: 'Sales tax', rate_bp: 800, inclusive: false });
  const plans = [
    ['basic', 'Basic', 1, { streams: 1, devices: 2, max_height: 720, ads: true }, 599, 5990],
    ['standard', 'Standard', 2, { streams: 1, devices: 4, max_height: 1080, downloads: 10 }, 999, 9990],
    ['premium', 'Premium', 3, { streams: 4, devices: 10, downloads: 100 }, 1499, 14990],
  ] as const;
  for (const [i, [slug, name, level, limits, month, year]] of plans.entries()) {
    await put(`plans/${slug}`, { name, level, ...limits });
    await put(`plans/${slug}/prices`, { months: 1, currency: 'EUR', amount_minor: month });
    await put(`plans/${slug}/prices`, { months: 12, currency: 'EUR', amount_minor: year, trial_days: slug === 'premium' ? 7 : 0 });
    await put(`offers/01ARZ3NDEKTSV4RRFFQ69G5FA${i}`, { kind: 'plan', name: 'Catalogue', plan: slug, title_ids: [film.title_id] });
  }
  await put(`offers/${rental}`, { kind: 'rental', name: 'A newer film', title_ids: [rented.title_id], prices: [{ currency: 'EUR', amount_minor: 399 }], start_days: 30, finish_hours: 48 });
  await put('coupons/third', { percent_bp: 3333, periods: 1 });
}

async function signUp(page: Page, name: string, path = '/sign-up'): Promise<string> {
  const email = `${name}-${Math.random().toString(36).slice(2)}@example.org`;
  await page.goto(node.url + path);
  await page.getByLabel('What should we call you?').fill(name);
  await page.getByLabel('E-mail address').fill(email);
  await page.getByRole('textbox', { name: 'Password' }).fill(password);
  await page.getByTestId('submit').click();
  return email;
}
/** The client of whoever the page is signed in as. */
async function clientOf(page: Page): Promise<Client> {
  const who = new Client(node);
  const cookie = (await page.context().cookies()).find((one) => one.name.includes('matinee_session'))!;
  who.cookie = `${cookie.name}=${cookie.value}`;
  return who;
}
async function whole(page: Page): Promise<void> {
  await page.waitForLoadState('networkidle');
  expect(await accessFaults(page)).toEqual([]);
  expect(await pastTheEdge(page)).toEqual([]);
}
async function shot(page: Page, name: string): Promise<void> {
  for (const [width, height] of [[390, 844], [1440, 900], [1920, 1080]] as const) {
    await page.setViewportSize({ width, height });
    await whole(page);
    if (process.env.MATINEE_SHOTS) await page.screenshot({ path: `${process.env.MATINEE_SHOTS}/${name}-${width}.png`, fullPage: true });
  }
  await page.setViewportSize({ width: 1280, height: 720 });
}
/** A clock that the test owns: every moment that billing has written down is so much longer ago. */
function later(days: number): void {
  const ms = days * 24 * 3600 * 1000;
  const sql = `UPDATE subscription SET anchor_at = anchor_at - ${ms}, period_start_at = period_start_at - ${ms}, period_end_at = period_end_at - ${ms};`;
  mainExec(node, sql);
}

test('sign up, choose, be declined, answer the bank, watch; one stream too many, stop it, watch', async ({ browser }) => {
  const context = await browser.newContext({ viewport: { width: 1280, height: 720 }, locale: 'en-US' });
  await context.addInitScript(() => localStorage.setItem('matinee.test', '1'));
  const page = await context.newPage();
  const faults = complaints(page, [403, 409]);
  const email = await signUp(page, 'ana', `/sign-up?to=/title/${film.slug}`);

  await expect(page).toHaveURL(/\/plans/);
  await expect(page.getByTestId('plan-standard')).toContainText('€9.99 a month');
  await expect(page.getByTestId('plan-standard')).toContainText('including 19% VAT');
  await page.getByTestId('interval-12').check({ force: true });
  await expect(page.getByTestId('plan-standard')).toContainText('€99.90 a year');
  await page.getByTestId('interval-1').check({ force: true });
  await shot(page, 'plans');
  await page.getByTestId('not-now').click();
  await expect(page.getByTestId('title-subscribe')).toHaveText('Subscribe from €5.99');
  await shot(page, 'title');
  await page.goto(`${node.url}/watch/${film.slug}`);
  await expect(page.getByTestId('play-error')).toHaveAttribute('data-code', 'P-403 playback.plan_required');
  await page.getByRole('button', { name: 'Subscribe from €5.99' }).click();
  await expect(page).toHaveURL(/\/plans/);
  await page.getByTestId('choose-standard').click();

  await expect(page.getByTestId('due')).toHaveText('€9.99');
  await expect(page.getByTestId('summary')).toContainText('Includes 19% VAT: €1.60');
  await expect(page.getByTestId('renewal')).toContainText('Renews at €9.99 a month');
  await page.getByTestId('card-test_declined').check();
  await page.getByTestId('pay').click();
  await expect(page.getByTestId('declined')).toContainText('Nothing was charged');
  await expect(page.getByText('(was declined)')).toBeVisible();
  await shot(page, 'checkout-declined');

  await page.getByTestId('card-test_3ds').check();
  await page.getByTestId('pay').dblclick();
  await expect(page.getByRole('heading', { name: 'Test bank' })).toBeVisible();
  await expect(page.getByText('9.99 EUR')).toBeVisible();
  await page.getByRole('button', { name: 'Refuse' }).click();
  await expect(page.getByText('Nothing was charged')).toBeVisible();
  await whole(page);
  await page.getByTestId('pay-again').click();
  await page.getByTestId('card-test_3ds').check();
  await page.getByTestId('pay').click();
  await page.getByRole('button', { name: 'Confirm' }).click();

  await expect(page).toHaveURL(`${node.url}/title/${film.slug}`); /* where the person was */
  const who = await clientOf(page);
  expect((await who.json('GET', '/api/v1/invoices')).items).toHaveLength(1);
  const sofa = new Client(node);
  await sofa.json('POST', '/api/v1/session', { email, password });
  const tv = await sofa.json('POST', '/api/v1/playback', { title_id: film.title_id, device });
  await page.getByTestId('title-play').click();
  await expect(page.getByTestId('watching')).toContainText('Living room');
  await page.getByRole('button', { name: 'Stop watching on Living room' }).click();
  await page.waitForFunction(() => '__matinee_player' in window);
  await playsTo(page, 1);
  expect((await sofa.call('POST', `/api/v1/playbacks/${tv.id}/heartbeat`, { position_s: 1, state: 'playing' })).ok).toBe(false);
  expect(faults).toEqual([]);
  await context.close();
});

test('change with the difference shown, cancel, take it back, cancel; watched to the end of what is paid, and not after', async ({ browser }) => {
  const who = await new Client(node).signUp('bo');
  const plans = await who.json('GET', '/api/v1/plans?country=DE');
  const price_id = plans.items[0].prices.find((p: any) => p.months === 1).id;
  await who.call('POST', '/api/v1/subscription', { price_id, country: 'DE', gateway: 'test', token: 'test_ok' }, { 'idempotency-key': 'a first checkout' });
  const context = await signedInContext(browser, node, who);
  const page = await context.newPage();
  const faults = complaints(page, [403, 409]);

  await page.goto(`${node.url}/account`);
  await page.getByTestId('membership-link').click();
  await expect(page.getByTestId('subscription')).toHaveAttribute('data-state', 'active');
  await expect(page.getByTestId('next-charge')).toContainText('€5.99');
  await expect(page.getByTestId('invoices')).toContainText('€5.99');
  const invoice = await page.request.get((await page.getByRole('link', { name: 'Open invoice' }).first().getAttribute('href'))!.replace(/^/, node.url));
  expect(await invoice.text()).toContain('Kino Ltd');
  await shot(page, 'membership');

  await page.getByTestId('change-plan').click();
  await expect(page.getByTestId('plan-basic')).toContainText('Your plan');
  await page.getByTestId('choose-premium').click();
  await expect(page.getByTestId('summary')).toContainText('Unused time of your plan until now');
  const due = (await page.getByTestId('due').textContent())!;
  await shot(page, 'change');
  await page.getByTestId('pay').click();
  await expect(page.getByRole('heading', { name: 'Thank you' })).toBeVisible();
  await page.getByTestId('done').click();
  await expect(page.getByTestId('invoices').getByRole('listitem').first()).toContainText(due); /* exactly what was shown */

  await page.getByTestId('change-plan').click();
  await page.getByTestId('choose-basic').click();
  await page.getByTestId('when-now').click(); /* at once: what is unused becomes credit */
  await expect(page.getByTestId('credited')).toContainText('€');
  await page.getByTestId('when-period_end').click();
  await expect(page.getByTestId('due-now')).toHaveText('€0.00');
  await page.getByTestId('pay').click();
  await expect(page.getByText('Your plan changes on')).toBeVisible();
  await page.getByTestId('done').click();
  await expect(page.getByTestId('next-charge')).toContainText('From then on you have Basic');

  await page.getByTestId('cancel').click();
  await expect(page.getByRole('dialog')).toContainText('You watch on until');
  expect(await accessFaults(page)).toEqual([]);
  if (process.env.MATINEE_SHOTS) await page.screenshot({ path: `${process.env.MATINEE_SHOTS}/cancel.png` });
  await page.getByTestId('pause-instead').click();
  await page.getByTestId('pause-confirm').click();
  await expect(page.getByTestId('subscription')).toHaveAttribute('data-state', 'pausing');
  await page.getByTestId('keep').click();
  await expect(page.getByTestId('subscription')).toHaveAttribute('data-state', 'active');
  await page.getByTestId('cancel').click();
  await page.getByTestId('cancel-confirm').click();
  await expect(page.getByTestId('plan-state')).toContainText('Cancelled');
  const play = () => who.call('POST', '/api/v1/playback', { title_id: film.title_id, device });
  expect((await play()).status).toBe(201); /* still paid for */
  await page.goto(`${node.url}/title/${film.slug}`);
  await expect(page.getByTestId('title-play')).toBeVisible();

  later(40);
  expect((await play()).status).toBe(403);
  await page.goto(`${node.url}/title/${film.slug}`);
  await expect(page.getByTestId('title-subscribe')).toBeVisible();
  expect(faults).toEqual([]);
  await context.close();
});

test('a trial costs nothing, is cancelled in it and watched to its end, and there is no second one', async ({ browser }) => {
  const who = await new Client(node).signUp('tia');
  const context = await signedInContext(browser, node, who);
  const page = await context.newPage();
  const faults = complaints(page, [403]);
  const play = () => who.call('POST', '/api/v1/playback', { title_id: film.title_id, device });
  await page.goto(`${node.url}/plans`);
  await page.getByTestId('interval-12').check({ force: true });
  await expect(page.getByTestId('choose-premium')).toHaveText('Try it free for 7 days');
  await page.getByTestId('choose-premium').click();
  await expect(page.getByTestId('summary')).toContainText('7 days free');
  await expect(page.getByTestId('pay')).toHaveText('Start the free trial');
  await shot(page, 'trial');
  await page.getByTestId('pay').click();
  await expect(page.getByRole('heading', { name: 'Thank you' })).toBeVisible();
  await page.getByTestId('done').click();
  await expect(page.getByTestId('subscription')).toHaveAttribute('data-state', 'trialing');
  await expect(page.getByTestId('next-charge')).toContainText('€149.90');
  expect((await who.json('GET', '/api/v1/invoices')).items).toEqual([]);
  expect((await play()).status).toBe(201);
  await page.goto(`${node.url}/account`);
  await page.getByTestId('delete').click();
  await expect(page.getByTestId('what-ends')).toContainText('Your plan Premium ends now');
  await page.keyboard.press('Escape');
  await page.getByTestId('membership-link').click();
  await page.getByTestId('cancel').click();
  await expect(page.getByRole('dialog')).toContainText('free of charge');
  await page.getByTestId('cancel-confirm').click();
  await expect(page.getByTestId('plan-state')).toContainText('Cancelled');
  expect((await play()).status).toBe(201);
  later(8);
  expect((await play()).status).toBe(403);
  expect((await who.json('GET', '/api/v1/billing')).trial_used).toBe(true);
  expect(faults).toEqual([]);
  await context.close();
});

test('a rental says its rules before it is paid, and what is left of it after', async ({ browser }) => {
  const context = await signedInContext(browser, node, await new Client(node).signUp('cy'));
  const page = await context.newPage();
  const faults = complaints(page);
  await page.goto(`${node.url}/title/${rented.slug}`);
  await expect(page.getByTestId('rental-rules')).toHaveText('You have 30 days to start watching and 48 hours to finish once you have started.');
  await page.getByTestId('title-rent').click();
  await expect(page.getByTestId('rental-rules')).toContainText('30 days');
  await expect(page.getByTestId('due')).toHaveText('€3.99');
  await shot(page, 'rent');
  await page.getByTestId('pay').click();
  await expect(page).toHaveURL(`${node.url}/title/${rented.slug}`);
  await expect(page.getByTestId('rental-left')).toContainText('start watching by');
  await (await clientOf(page)).json('POST', '/api/v1/playback', { title_id: rented.title_id, device });
  await page.reload();
  await expect(page.getByTestId('rental-left')).toContainText('watch until');
  await page.goto(`${node.url}/account/membership`);
  await expect(page.getByTestId('owned')).toContainText('Harbour');
  await expect(page.getByTestId('owned')).toContainText('watch until');
  await shot(page, 'owned');
  await page.goto(`${node.url}/account`);
  await page.getByTestId('delete').click();
  await expect(page.getByTestId('what-ends')).toContainText('What you rented and bought can’t be watched any more.');
  await expect(page.getByTestId('what-ends')).toContainText('keep invoices');
  expect(faults).toEqual([]);
  await context.close();
});

test('a coupon and a gift code are taken off to the cent; tax is added where prices lack it', async ({ browser }) => {
  const { codes } = await operator.json('POST', '/api/v1/operator/gift-codes', { amount_minor: 200, currency: 'EUR', count: 1 });
  const context = await signedInContext(browser, node, await new Client(node).signUp('di'));
  const page = await context.newPage();
  const faults = complaints(page, [400]);
  await page.goto(`${node.url}/checkout?plan=standard&months=1`);
  await expect(page.getByTestId('due')).toHaveText('€9.99');
  await page.getByLabel('Coupon code').fill('no such code');
  await page.getByTestId('coupon-apply').click();
  await expect(page.getByText('isn’t valid for this plan')).toBeVisible();
  await page.getByLabel('Coupon code').fill('third');
  await page.getByTestId('coupon-apply').click();
  await expect(page.getByTestId('due')).toHaveText('€6.66');
  await page.getByLabel('Gift code').fill(codes[0]);
  await page.getByTestId('gift-redeem').click();
  await expect(page.getByTestId('due')).toHaveText('€4.66');
  await page.getByTestId('country').selectOption('US');
  await expect(page.getByTestId('summary')).toContainText('Sales tax 8%');
  await expect(page.getByTestId('due')).toHaveText('€5.19'); /* 6.66 + 0.53 - 2.00 */
  await page.getByTestId('country').selectOption('DE');
  await expect(page.getByTestId('due')).toHaveText('€4.66');
  await shot(page, 'coupon');
  await page.getByTestId('pay').click();
  await page.getByTestId('done').click();
  const [invoice] = (await (await clientOf(page)).json('GET', '/api/v1/invoices')).items;
  expect([invoice.total.minor, invoice.credit.minor]).toEqual([666, 200]);
  expect(faults).toEqual([]);
  await context.close();
});

test('a child sees no price; a television shows where to go on instead of a form', async ({ browser }) => {
  const who = await new Client(node).signUp('ed');
  const context = await signedInContext(browser, node, who);
  const page = await context.newPage();
  await page.goto(`${node.url}/checkout?plan=standard&months=1&tv=1`);
  await expect(page.getByTestId('tv-address')).toContainText(`localhost:${node.port}/checkout`);
  await expect(page.getByTestId('qr')).toBeVisible();
  await whole(page);
  await expect(page.getByTestId('pay')).toHaveCount(0);
  await page.goto(`${node.url}/plans?tv=1`);
  await expect(page.getByTestId('choose-standard')).toBeFocused();
  await page.keyboard.press('ArrowRight');
  await expect(page.getByTestId('choose-premium')).toBeFocused();
  await whole(page);
  for (const [path, there] of [['/plans', 'plans'], ['/account/membership', 'membership']]) {
    await page.goto(node.url + path!);
    await expect(page.getByTestId(there!)).toBeVisible();
    expect(await remoteFaults(page)).toEqual([]);
  }
  await page.goto(`${node.url}/?tv=0`);

  const child = await who.json('POST', '/api/v1/profiles', { name: 'Mia', kids: true });
  await who.json('PUT', '/api/v1/session/profile', { profile: child.id });
  for (const path of ['/plans', '/checkout?plan=standard&months=1', '/account/membership']) {
    await page.goto(node.url + path);
    await expect(page.getByRole('heading', { name: 'This is for grown-ups' })).toBeVisible();
    expect(await page.locator('body').innerText()).not.toMatch(/€|\d[.,]\d\d/);
  }
  await page.goto(`${node.url}/title/${film.slug}`);
  await expect(page.getByTestId('ask-grown-up')).toBeVisible();
  await page.goto(`${node.url}/watch/${film.slug}`);
  await expect(page.getByTestId('play-error')).toContainText('Ask a grown-up');
  for (const path of ['/account', `/title/${film.slug}`, `/watch/${film.slug}`]) {
    await page.goto(node.url + path);
    await page.waitForLoadState('networkidle');
    expect(await page.locator('body').innerText()).not.toMatch(/€/);
    await expect(page.getByTestId('membership-section')).toHaveCount(0);
  }
  await context.close();
});

test('who sells nothing shows nothing of it', async ({ browser }) => {
  const quiet = new MatineeNode();
  try {
    await quiet.start();
    const context = await signedInContext(browser, quiet, await new Client(quiet).signUp('flo'));
    const page = await context.newPage();
    await page.goto(`${quiet.url}/account`);
    await expect(page.getByTestId('places')).toBeVisible();
    await page.waitForLoadState('networkidle');
    await expect(page.getByTestId('membership-section')).toHaveCount(0);
    await page.goto(`${quiet.url}/plans`);
    await expect(page.getByRole('heading', { name: 'Nothing is sold here' })).toBeVisible();
    await context.close();
  } finally {
    await quiet.stop();
    quiet.remove();
  }
});
