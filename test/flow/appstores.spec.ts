// Subscriptions that Apple, Google, Roku and Amazon own, against stand-ins that behave as their documented APIs do (lib/stores.ts):
// what an app brings is proven, read and made ours; changes are told by the stores and read by us; nothing is ever charged. The clock's part: test/unit/service/test_billing_store.c.
import { expect, test } from '@playwright/test';
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { operatorOf, planMake, refused, sql, viewer } from '../lib/billing.ts';
import { Client, MatineeNode } from '../lib/node.ts';
import { AmazonServer, AppleChain, AppleServer, GoogleServer, RokuServer, jwsMake } from '../lib/stores.ts';

const node = new MatineeNode();
const apple = new AppleServer();
const google = new GoogleServer();
const roku = new RokuServer();
const amazon = new AmazonServer();
const day = 86_400_000;
let operator: Client;

test.describe.configure({ mode: 'serial' });
test.beforeAll(async () => {
  await Promise.all([apple, google, roku, amazon].map((s) => s.start()));
  await node.start({ env: { ...apple.env, ...google.env, ...roku.env, ...amazon.env } });
  operator = await operatorOf(node);
  await planMake(operator, 'basic', 999);
  await planMake(operator, 'premium', 1499, 2);
});
test.afterAll(async () => {
  await node.stop();
  await Promise.all([apple, google, roku, amazon].map((s) => s.stop()));
  apple.chain.remove();
  google.remove();
  node.remove();
});

let last = 2_000_000_000;
const newId = () => String(++last);
const give = (who: Client, store: string, receipt: string, more: object = {}) => who.call('POST', '/api/v1/billing/store', { store, receipt, ...more });
const taken = async (who: Client, store: string, receipt: string, more: object = {}) => {
  const r = await give(who, store, receipt, more);
  const text = await r.text();
  expect([r.status, text]).toEqual([200, expect.any(String)]);
  return JSON.parse(text).subscription;
};
const subscription = async (who: Client) => (await who.json('GET', '/api/v1/billing')).subscription;
const is = (who: Client, want: object) => expect.poll(() => subscription(who)).toMatchObject(want);
const tell = async (store: string, body: string, headers: Record<string, string> = {}) => (await fetch(`${node.url}/api/v1/webhooks/${store}`, { method: 'POST', body, headers })).status;
const pushed = (token: string, over: Parameters<GoogleServer['push']>[1] = {}) => {
  const p = google.push(token, over);
  return tell('google', p.body, { authorization: p.authorization });
};
const settled = () => expect.poll(() => sql(node, 'SELECT COUNT(*) FROM webhook_event WHERE done_at = 0')).toBe('0');
test('which plan a store’s product is says the operator', async () => {
  const path = (plan: string) => `/api/v1/operator/plans/${plan}/store-products`;
  const items = [{ store: 'apple', product: 'tv.matinee.basic.month' }, { store: 'google', product: 'tv_basic' }];
  expect((await operator.json('PUT', path('basic'), { items })).items).toEqual(items);
  expect((await operator.json('GET', path('basic'))).items).toEqual(items);
  await operator.json('PUT', path('premium'), { items: [{ store: 'apple', product: 'tv.matinee.premium.month' }] });
  expect(await refused(await operator.call('PUT', path('premium'), { items: [items[0]] }))).toEqual([409, 'billing.product_taken']);
  expect((await operator.json('GET', path('premium'))).items).toHaveLength(1); // as it was
  expect(await refused(await operator.call('GET', path('gold')))).toEqual([404, 'billing.plan_not_found']);
});

test('Apple: a signed transaction is access here, through all its life', async () => {
  const who = await viewer(node);
  const { id } = apple.put({ id: newId() });
  const first = await taken(who, 'apple', apple.receipt(id));
  expect(first).toMatchObject({ state: 'active', entitled: true, owner: 'store', plan_name: 'basic', manage_url: 'https://apps.apple.com/account/subscriptions' });
  expect((await taken(who, 'apple', apple.receipt(id))).id).toBe(first.id);
  const notified = async (type: string, p: object) => {
    apple.put({ id, ...p });
    expect(await tell('apple', apple.notification(id, type))).toBe(204);
  };
  const said = async (p: object, want: object) => {
    apple.put({ id, ...p });
    expect(await taken(who, 'apple', apple.receipt(id))).toMatchObject({ id: first.id, ...want }); // the app shows it again
  };
  await notified('DID_RENEW', { start: Date.now(), end: Date.now() + 40 * day });
  await expect.poll(async () => new Date((await subscription(who)).period_end_at).getTime()).toBe(apple.purchases.get(id)!.end);
  await said({ renews: false }, { state: 'cancelling', entitled: true });
  await said({ renews: true, product: 'tv.matinee.premium.month' }, { state: 'active', plan_name: 'premium' });
  await said({ status: 4, end: Date.now() - day, grace: Date.now() + 5 * day }, { state: 'past_due', entitled: true });
  await said({ status: 3 }, { state: 'past_due', entitled: false });
  await said({ status: 1, end: Date.now() + 29 * day }, { state: 'active', entitled: true });
  await notified('REFUND', { status: 5, revoked: Date.now() });
  await is(who, { state: 'ended', entitled: false });
  expect(sql(node, 'SELECT COUNT(*) FROM payment') + sql(node, 'SELECT COUNT(*) FROM invoice')).toBe('00');
});

test('Apple: what is not signed by Apple, for this app and shop, is worth nothing', async () => {
  const [ana, bob] = [await viewer(node), await viewer(node)];
  const { id } = apple.put({ id: newId() });
  const good = apple.receipt(id);
  const [h, p, s] = good.split('.');
  const other = new AppleChain();
  const bare = Buffer.from(JSON.stringify({ alg: 'none' })).toString('base64url');
  try {
    for (const forged of [id, `${h}.${p}`, `${bare}.${p}.`, `${h}.${p}.${s!.slice(0, -8)}`, `${h}.${Buffer.from(JSON.stringify(apple.transaction(id, { productId: 'gold' }))).toString('base64url')}.${s}`, other.sign(apple.transaction(id)), jwsMake('ES256', apple.chain.key, { x5c: apple.chain.x5c.slice(0, 1) }, apple.transaction(id))])
      expect(await refused(await give(ana, 'apple', forged))).toEqual([401, 'billing.receipt_forged']);
    for (const foreign of [{ bundleId: 'com.other.app' }, { environment: 'Sandbox' }]) expect(await refused(await give(bob, 'apple', apple.receipt(id, foreign)))).toEqual([400, 'billing.receipt_environment']);
    expect(await refused(await give(bob, 'apple', apple.receipt(id, { type: 'Consumable' })))).toEqual([400, 'billing.receipt_unknown']);
    expect(await refused(await give(bob, 'apple', apple.receipt(id, { originalTransactionId: '77' })))).toEqual([400, 'billing.receipt_unknown']);
    // bought by our own app for bob: the UUID of his account's 128 bits
    const bits = [...(await bob.json('GET', '/api/v1/session')).account.id].reduce((v: bigint, c: string) => v * 32n + BigInt('0123456789ABCDEFGHJKMNPQRSTVWXYZ'.indexOf(c)), 0n);
    const uuidOfBob = bits.toString(16).padStart(32, '0').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
    const forBob = apple.put({ id: newId(), account: uuidOfBob }).id;
    expect(await refused(await give(ana, 'apple', apple.receipt(forBob)))).toEqual([409, 'billing.receipt_taken']);
    await taken(ana, 'apple', good);
    expect(await refused(await give(bob, 'apple', good))).toEqual([409, 'billing.receipt_taken']);
    expect(await tell('apple', JSON.stringify({ signedPayload: other.sign({ notificationType: 'REFUND', notificationUUID: randomUUID(), data: {} }) }))).toBe(401);
    expect(await tell('apple', '{}')).toBe(400);
    expect(await tell('apple', apple.notification(id, 'REFUND', randomUUID(), { bundleId: 'com.other.app' }))).toBe(400);
    // a true notification that lies about the state: it is read anew; twice, and about nobody's: nothing
    const uuid = randomUUID();
    for (let i = 0; i < 2; i++) expect(await tell('apple', apple.notification(id, 'REFUND', uuid, { status: 5 }))).toBe(204);
    expect(await tell('apple', apple.notification(apple.put({ id: newId() }).id, 'SUBSCRIBED'))).toBe(204);
    await settled();
    expect(sql(node, `SELECT COUNT(*) FROM webhook_event WHERE event_id = '${uuid}'`)).toBe('1');
    expect(await subscription(ana)).toMatchObject({ state: 'active' });
  } finally {
    other.remove();
  }
});

test('Google: a purchase token is read, acknowledged, and lives on through an upgrade', async () => {
  const [ana, bob] = [await viewer(node), await viewer(node)];
  const token = `tok.${randomUUID()}`;
  google.put(token, 'PENDING');
  expect(await refused(await give(ana, 'google', token))).toEqual([409, 'billing.receipt_pending']);
  google.put(token, 'ACTIVE', { product: 'tv_basic' });
  const first = await taken(ana, 'google', token);
  expect(first).toMatchObject({ state: 'active', entitled: true, plan_name: 'basic', manage_url: 'https://play.google.com/store/account/subscriptions' });
  expect(google.acknowledged).toEqual([token]);
  expect(await refused(await give(bob, 'google', token))).toEqual([409, 'billing.receipt_taken']);
  expect(await refused(await give(bob, 'google', 'nobody-has-this'))).toEqual([400, 'billing.receipt_unknown']);
  const says = async (state: string, over: object, want: object) => {
    google.put(token, state, { product: 'tv_basic', ...over });
    expect(await taken(ana, 'google', token)).toMatchObject(want);
  };
  await says('CANCELED', { renews: false }, { state: 'cancelling', entitled: true });
  await says('IN_GRACE_PERIOD', {}, { state: 'past_due', entitled: true });
  await says('ON_HOLD', { end: Date.now() - day }, { state: 'past_due', entitled: false });
  await says('PAUSED', {}, { state: 'paused', entitled: false });
  google.tokensWithdraw(); // Google does not take the access token any more: another one is fetched
  google.put(token, 'ACTIVE', { product: 'tv_basic' });
  expect(await pushed(token)).toBe(204);
  await is(ana, { state: 'active', entitled: true });
  // an upgrade: another token, told by Google before the app brings it; somebody else cannot claim it
  const up = `tok.${randomUUID()}`;
  google.put(token, 'EXPIRED', { product: 'tv_basic', end: Date.now() - 1000 });
  google.put(up, 'ACTIVE', { product: 'premium', linkedPurchaseToken: token });
  expect(await refused(await give(bob, 'google', up))).toEqual([409, 'billing.receipt_taken']);
  expect(await pushed(up)).toBe(204);
  await is(ana, { id: first.id, state: 'active', plan_name: 'premium' });
  expect(await pushed(token)).toBe(204); // the old one's end is not the new one's
  await settled();
  expect((await taken(ana, 'google', up)).id).toBe(first.id);
  expect(google.acknowledged).toEqual([token, up]);
  google.purchases.get(up)!.gone = true; // over for long, voided
  expect(await pushed(up, { kind: 'voidedPurchaseNotification' })).toBe(204);
  await is(ana, { state: 'ended', plan_name: 'premium' });
  // bought by our own app for an account of ours
  const { account } = await bob.json('GET', '/api/v1/session');
  google.put('for-bob', 'ACTIVE', { externalAccountIdentifiers: { obfuscatedExternalAccountId: account.id } });
  expect(await refused(await give(ana, 'google', 'for-bob'))).toEqual([409, 'billing.receipt_taken']);
  google.put('a-test', 'ACTIVE', { testPurchase: {} });
  expect(await refused(await give(bob, 'google', 'a-test'))).toEqual([400, 'billing.receipt_environment']);
  google.put('gold', 'ACTIVE', { product: 'gold' });
  expect(await refused(await give(bob, 'google', 'gold'))).toEqual([400, 'billing.product_unknown']);
  expect((await taken(bob, 'google', 'for-bob')).state).toBe('active');
});

test('Google: a push without Pub/Sub’s token for us is refused', async () => {
  const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  const now = Math.floor(Date.now() / 1000);
  for (const over of [{ claims: { aud: 'https://other.example' } }, { claims: { email: 'eve@example.org' } }, { claims: { email_verified: false } }, { claims: { iss: 'https://evil.example' } }, { claims: { exp: now - 120 } }, { key: stranger }]) expect(await pushed('x', over)).toBe(401);
  expect(await tell('google', google.push('x').body)).toBe(401);
  expect(await pushed('x', { package: 'com.other' })).toBe(204); // of another app on the same topic: taken and forgotten
  google.keysRotate(); // newer keys are fetched
  expect(await pushed('x')).toBe(204);
  const p = google.push('x');
  for (const body of ['', '{}', '{"message":{"data":"!","messageId":"1"}}', '{"message":{"messageId":"1"}}']) expect(await tell('google', body, { authorization: p.authorization })).toBe(400);
  await settled();
});

test('Roku: a transaction is read by its id; a push needs the secret address, and gets its answer there alone', async () => {
  const [ana, bob] = [await viewer(node), await viewer(node)];
  const { id } = roku.put({ id: randomUUID() });
  const first = await taken(ana, 'roku', id);
  expect(first).toMatchObject({ state: 'active', entitled: true, plan_name: 'basic', manage_url: 'https://my.roku.com/account/subscriptions' });
  expect(new Date(first.period_end_at).getTime()).toBe(roku.transactions.get(id)!.end);
  expect(await refused(await give(bob, 'roku', id))).toEqual([409, 'billing.receipt_taken']);
  for (const bad of [randomUUID(), '../cancel-subscription', 'x']) expect(await refused(await give(bob, 'roku', bad))).toEqual([400, 'billing.receipt_unknown']);
  const renewal = roku.put({ id: randomUUID(), original: id }); // a renewal's own transaction is the same purchase
  expect((await taken(ana, 'roku', renewal.id)).id).toBe(first.id);
  const said = async (t: object, want: object) => {
    roku.put({ id, ...t });
    expect(await taken(ana, 'roku', id)).toMatchObject({ id: first.id, ...want });
  };
  await said({ cancelled: true }, { state: 'cancelling', entitled: true });
  await said({ cancelled: false, dunning: true }, { state: 'past_due', entitled: true });
  await said({ entitled: false, end: Date.now() - day }, { state: 'past_due', entitled: false });
  roku.put({ id, entitled: false, dunning: false });
  const push = (secret: string, body: string) => fetch(`${node.url}/api/v1/webhooks/roku/${secret}`, { method: 'POST', body, headers: { 'content-type': 'application/json' } });
  for (const wrong of ['x', roku.key, `${roku.secret}x`, roku.secret.slice(1)]) {
    const r = await push(wrong, roku.notification(id, 'CANCELLATION'));
    expect([r.status, r.headers.get('apikey'), (await r.text()).includes(roku.key)]).toEqual([404, null, false]);
  }
  expect((await push(roku.secret, '{}')).status).toBe(400);
  const told = await push(roku.secret, roku.notification(id, 'CANCELLATION', 'abcdabcd6b1649f681a408f1beebabcd'));
  expect([told.status, told.headers.get('apikey'), await told.text()]).toEqual([200, roku.key, 'abcdabcd6b1649f681a408f1beebabcd']);
  await is(ana, { state: 'ended', entitled: false });
});

test('Amazon: a receipt is read with its buyer’s id', async () => {
  const [ana, bob] = [await viewer(node), await viewer(node)];
  const [user, id] = ['l3HL7XppEMhr-9_ul=', 'q1YqVbJSyjH28DGPKChw9c0o=='];
  amazon.put(user, id);
  expect(await refused(await give(ana, 'amazon', id))).toEqual([400, 'billing.receipt_unknown']);
  expect(await refused(await give(ana, 'amazon', id, { user: 'another' }))).toEqual([400, 'billing.receipt_unknown']);
  expect(await refused(await give(ana, 'amazon', `${id}/../x`, { user }))).toEqual([400, 'billing.receipt_unknown']);
  const first = await taken(ana, 'amazon', id, { user });
  expect(first).toMatchObject({ state: 'active', entitled: true, manage_url: 'https://www.amazon.com/yourmembershipsandsubscriptions' });
  expect(await refused(await give(bob, 'amazon', id, { user }))).toEqual([409, 'billing.receipt_taken']);
  const said = async (over: object, want: object) => {
    amazon.put(user, id, over);
    expect(await taken(ana, 'amazon', id, { user })).toMatchObject({ id: first.id, ...want });
  };
  await said({ autoRenewing: false }, { state: 'cancelling', entitled: true });
  await said({ renewalDate: Date.now() - day, gracePeriodEndDate: Date.now() + day }, { state: 'past_due', entitled: true });
  await said({ renewalDate: Date.now() - day }, { state: 'past_due', entitled: false });
  await said({ cancelDate: Date.now() - 1000 }, { state: 'ended', entitled: false });
  amazon.put(user, 'test-one', { testTransaction: true });
  expect(await refused(await give(bob, 'amazon', 'test-one', { user }))).toEqual([400, 'billing.receipt_environment']);
});

test('while a store is away it is said so, and nothing is lost', async () => {
  const ana = await viewer(node);
  const { id } = apple.put({ id: newId() });
  apple.down = 1;
  expect(await refused(await give(ana, 'apple', apple.receipt(id)))).toEqual([503, 'billing.gateway_unreachable']);
  expect((await taken(ana, 'apple', apple.receipt(id))).state).toBe('active');
});

test('who is erased leaves the purchase to whoever has it', async () => {
  const [ana, bob] = [await viewer(node), await viewer(node)];
  const { id } = apple.put({ id: newId() });
  await taken(ana, 'apple', apple.receipt(id));
  expect((await ana.call('DELETE', '/api/v1/me', { password: 'a long enough password' })).status).toBe(204);
  expect((await taken(bob, 'apple', apple.receipt(id))).state).toBe('active');
});

test('no secret stands in a log, an answer or a command line; wrong settings are said at the start', async () => {
  const log = readFileSync(node.log, 'utf8');
  expect(log).toContain('billing.webhook_forged'); // the log was read, and has our lines
  for (const secret of ['PRIVATE KEY', 'ya29.', 'eyJ', 'tok.', roku.key, roku.secret, amazon.secret, encodeURIComponent(amazon.secret)]) expect(log).not.toContain(secret);
  for (const args of [['--roku-api-key', roku.key], ['--amazon-shared-secret', 'x']]) expect(() => node.run('config', ...args)).toThrow(/must not stand in a command line/);
  const start = (env: Record<string, string>) => new MatineeNode(node.data).start({ env: { ...apple.env, ...google.env, ...env } });
  await node.stop();
  await expect(start({ MATINEE_APPLE_ROOT_FILE: '/nowhere' })).rejects.toThrow(/apple-root-file: name a file/);
  await expect(start({ MATINEE_APPLE_KEY_FILE: apple.chain.root })).rejects.toThrow(/apple-key-file/);
  await expect(start({ MATINEE_GOOGLE_URL: 'http://play.example' })).rejects.toThrow(/google-url: write it with https/);
  await expect(start({ ...roku.env, MATINEE_ROKU_WEBHOOK_SECRET: 'short' })).rejects.toThrow(/roku-webhook-secret of 20/);
});
