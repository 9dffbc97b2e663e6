// What machines of others get: keys that open what their scopes say and nothing else, on every route of the table; events that are told
// signed, again after a failure, once each by their id, and not lost by a kill; and a description of all of it that a validator accepts.
import { Validator } from '@seriousme/openapi-schema-validator';
import { expect, test } from '@playwright/test';
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { Client, MatineeNode } from '../lib/node.ts';
import { Receiver, verified } from '../lib/receiver.ts';
import { ask, nameOf, routes, sample, strangerId, type Answer, type Route } from '../lib/routes.ts';

const node = new MatineeNode();
const receiver = new Receiver();
const staff = new Client(node), operator = new Client(node);
let scopes: { name: string; allowed: boolean }[] = [];

test.describe.configure({ mode: 'serial' });
test.beforeAll(async () => {
  await receiver.start();
  await node.start({ args: ['--webhook-private', '--webhook-retries=1', '--webhook-off-after=90d', '--billing-test-gateway'] });
  await Promise.all([staff.signUp('ada'), operator.signUp('ben')]);
  await staff.become('viewer,editor,operator');
  await operator.become('viewer,operator');
  scopes = (await staff.json('GET', '/api/v1/operator/scopes')).items;
});
test.afterAll(async () => {
  await node.stop();
  await receiver.stop();
  node.remove();
});

const asked = (r: Route) => r.params.reduce((path, p) => path.replace(`{${p.name}}`, p.type === 'id' ? strangerId() : p.type === 'int' ? '1' : 'no-such-thing'), r.path);
/** What no route takes shows how far a request came, and does nothing. */
const tried = async (r: Route, token: string): Promise<Answer> => await ask(node, r.method, asked(r) + '?no-such-parameter=1', { headers: { authorization: `Bearer ${token}` }, noOrigin: true, ...(r.body ? { json: sample(r.body) } : {}) });
let made = 0;
const key = async (who: Client, names: string[], more: object = {}): Promise<{ token: string; key: any }> => await who.json('POST', '/api/v1/operator/keys', { name: `test ${++made}`, scopes: names, ...more });
const all = () => scopes.map((s) => s.name);

test('the description is complete, and valid by the schema of OpenAPI 3.1', async () => {
  const document = await (await fetch(`${node.url}/api/openapi.json`)).json();
  const result = await new Validator().validate(structuredClone(document));
  expect(result.errors ?? []).toEqual([]);
  expect(result.valid).toBe(true);
  const told = Object.entries<any>(document.paths).flatMap(([path, item]) => Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`));
  expect(told.sort()).toEqual(routes.map(nameOf).sort());
  for (const r of routes) {
    const { security } = document.paths[r.path][r.method.toLowerCase()];
    expect(security, nameOf(r)).toEqual(r.roles.length ? [{ session: [] }, ...(r.scope ? [{ key: [r.scope] }] : [])] : []);
  }
  const { items } = await staff.json('GET', '/api/v1/operator/webhook-events');
  expect(Object.keys(document.webhooks).sort()).toEqual([...items.map((i: any) => i.type), 'ping'].sort());
  expect(Object.keys(document.components.securitySchemes.key['x-scopes'])).toEqual(all());
  // Every reference leads somewhere.
  for (const [ref, name] of JSON.stringify(document).matchAll(/"#\/components\/schemas\/(\w+)"/g)) expect(document.components.schemas[name!], ref).toBeDefined();
});

test('every route × a key without its scope, with it, revoked, expired, of nobody', async () => {
  const wrong: string[] = [];
  const whole = await key(staff, all());
  const gone = await key(staff, all());
  await staff.json('DELETE', `/api/v1/operator/keys/${gone.key.id}`);
  const brief = await key(staff, all(), { expires_at: new Date(Date.now() + 300).toISOString() });
  const lacking = new Map<string, string>();
  for (const s of scopes) lacking.set(s.name, (await key(staff, all().filter((x) => x !== s.name))).token);
  await pause(300);
  const say = (r: Route, what: string, a: Answer, want: string) => {
    if (`${a.status} ${a.json?.code}` !== want) wrong.push(`${nameOf(r)}, ${what}: ${a.status} ${a.json?.code}, not ${want}`);
  };
  for (const r of routes) {
    const may = r.roles.some((x) => x !== 'viewer');
    say(r, 'a key with every scope', await tried(r, whole.token), r.scope ? '400 invalid' : '403 key.not_here');
    if (r.scope) say(r, `a key without ${r.scope}`, await tried(r, lacking.get(r.scope)!), '403 key.scope');
    say(r, 'a revoked key', await tried(r, gone.token), '401 key.revoked');
    say(r, 'an expired key', await tried(r, brief.token), '401 key.expired');
    say(r, 'a key of nobody', await tried(r, `mtk_${'0'.repeat(46)}`), '401 key.invalid');
    if (r.scope && !may) wrong.push(`${nameOf(r)} is not for staff`);
  }
  expect(wrong).toEqual([]);
});

test('what changes nothing alone is read by a scope that reads; keys, staff and endpoints are for people', () => {
  for (const r of routes.filter((x) => x.scope)) {
    const reads = r.method === 'GET' || r.flags.includes('reads') || /\/(search|preview)$/.test(r.path);
    expect(r.scope!.endsWith(':read'), nameOf(r)).toBe(reads);
  }
  for (const r of routes.filter((x) => /operator\/(keys|scopes|webhook)|\/roles$|second-factor|\/me$|v1\/session|profiles|passkeys/.test(x.path))) expect(r.scope, nameOf(r)).toBeNull();
  for (const r of routes.filter((x) => /refunds|credits|ledger|gift-codes|invoices|payments/.test(x.path) && x.scope)) expect(r.scope, nameOf(r)).toMatch(/^money:/);
});

test('a key is shown once, found by no cookie, and never more than who made it', async () => {
  const { token, key: k } = await key(operator, ['accounts:read']);
  expect(token).toMatch(/^mtk_[0-9A-Za-z]{46}$/);
  expect(token.startsWith(k.prefix)).toBe(true);
  expect(await (await staff.call('GET', '/api/v1/operator/keys')).text()).not.toContain(token.slice(k.prefix.length));
  const beyond = await operator.call('POST', '/api/v1/operator/keys', { name: 'more', scopes: ['catalog:write'] });
  expect([beyond.status, (await beyond.json()).code]).toEqual([403, 'key.scope_beyond']);
  // The cookie of an operator beside a key opens nothing that the key does not; a foreign page has no key to send.
  const both = await ask(node, 'GET', '/api/v1/operator/ledger', { cookie: operator.cookie, headers: { authorization: `Bearer ${token}` } });
  expect(both.json.code).toBe('key.scope');
  const search = await ask(node, 'POST', '/api/v1/operator/accounts/search', { json: {}, headers: { authorization: `Bearer ${token}`, origin: 'https://shop.example' } });
  expect(search.status, search.text).toBe(200);
  // Whoever is no operator any more has keys that open nothing.
  await operator.become('viewer');
  expect((await tried(routes.find((r) => r.path.endsWith('/accounts/search'))!, token)).status).toBe(403);
});

test('an address that a key is not for is refused, and a rate is the key’s own', async () => {
  const { token } = await key(staff, ['audit:read'], { ranges: ['203.0.113.0/24'] });
  const away = await ask(node, 'GET', '/api/v1/operator/settings', { headers: { authorization: `Bearer ${token}` } });
  expect([away.status, away.json.code]).toEqual([403, 'key.address']);
  const near = await key(staff, ['audit:read'], { ranges: ['127.0.0.0/8'] });
  const here = await ask(node, 'GET', '/api/v1/operator/settings', { headers: { authorization: `Bearer ${near.token}` } });
  expect(here.status, here.text).toBe(200);
  for (const ranges of [['10.0.0.0/33'], ['example.org'], ['']]) expect((await staff.call('POST', '/api/v1/operator/keys', { name: 'x', scopes: ['audit:read'], ranges })).status).toBe(400);
  for (const name of ['', ' ', 'a\nb']) expect((await staff.call('POST', '/api/v1/operator/keys', { name, scopes: ['audit:read'] })).status).toBe(400);
  expect((await staff.call('POST', '/api/v1/operator/keys', { name: 'x', scopes: ['all'] })).status).toBe(400);
  const answers = await Promise.all(Array.from({ length: 125 }, () => ask(node, 'GET', '/api/v1/operator/settings', { headers: { authorization: `Bearer ${near.token}` } })));
  expect([...new Set(answers.map((a) => a.status))].sort()).toEqual([200, 429]);
});

test('what a key does stands in the record under its name, and the key itself nowhere', async () => {
  const { token, key: k } = await key(staff, ['catalog:write'], { });
  const r = await ask(node, 'POST', '/api/v1/editor/genres', { headers: { authorization: `Bearer ${token}` }, noOrigin: true, json: { ...sample('EditorGenrePut'), slug: 'by-key' } });
  expect(r.status, r.text).toBe(201);
  const [row] = (await staff.json('GET', '/api/v1/operator/audit?action=genres')).items;
  const { account } = await staff.json('GET', '/api/v1/session');
  expect(row).toMatchObject({ role: `key ${k.name}`, account_id: account.id, session_id: null });
  expect(JSON.stringify((await staff.json('GET', '/api/v1/operator/audit?limit=100')).items)).not.toContain(token.slice(12));
  expect(readFileSync(node.log, 'utf8')).not.toContain(token.slice(12));
});

// ---- webhooks ----

let hook: any, secret = '';
const hooks = '/api/v1/operator/webhooks';
const deliveries = async (query = ''): Promise<any[]> => (await staff.json('GET', `${hooks}/${hook.id}/deliveries${query}`)).items;
const until = async (what: () => unknown, message?: string) => await expect.poll(what, { intervals: [50], ...(message ? { message } : {}) }).toBeTruthy();

test('an endpoint is told of what it chose, with ids alone, signed by its secret', async () => {
  const { items } = await staff.json('GET', '/api/v1/operator/webhook-events');
  ({ webhook: hook, secret } = await staff.json('POST', hooks, { name: 'Shop', url: receiver.url, events: items.map((i: any) => i.type).filter((x: string) => x !== 'account.erased') }));
  expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
  const who = await new Client(node).signUp('cleo');
  const { account } = await who.json('GET', '/api/v1/session');
  await until(() => receiver.of('account.created').length);
  const got = receiver.of('account.created')[0]!;
  expect(verified(secret, got)).toEqual({ id: got.headers['webhook-id'], type: 'account.created', created: expect.stringMatching(/Z$/), data: { account_id: account.id } });
  expect(() => verified(`whsec_${Buffer.from('another secret, thirty-two bytes').toString('base64')}`, got)).toThrow();
  expect(() => verified(secret, { ...got, text: got.text.replace('created', 'erased') })).toThrow();
  await staff.json('PUT', '/api/v1/operator/plans/all', { name: 'All', level: 1, streams: 4 });
  const plan = await staff.json('PUT', '/api/v1/operator/plans/all/prices', { months: 1, currency: 'EUR', amount_minor: 999 });
  const paid = await (await who.call('POST', '/api/v1/subscription', { price_id: plan.prices[0].id, country: 'DE', gateway: 'test', token: 'test_ok' }, { 'idempotency-key': strangerId() })).json();
  await who.call('POST', '/api/v1/subscription/cancel', {});
  await staff.call('POST', `/api/v1/operator/payments/${paid.payment_id}/refunds`, { reason: 'Sorry, Cleo', ends_access: true }, { 'idempotency-key': strangerId() });
  await until(() => receiver.of('subscription.ended').length && receiver.of('payment.refunded').length);
  expect(receiver.of('subscription.started').map((g) => g.body.data)).toEqual([expect.objectContaining({ account_id: account.id, from: 'pending', state: 'active' })]);
  expect(receiver.of('payment.succeeded').map((g) => g.body.data)).toEqual([expect.objectContaining({ payment_id: paid.payment_id, amount: { minor: 999, currency: 'EUR', exponent: 2 } })]);
  expect(receiver.got.map((g) => g.text).join()).not.toMatch(/Cleo|cleo|@/);
  expect(new Set(receiver.got.map((g) => g.headers['webhook-id'])).size).toBe(receiver.got.length);
});

test('what is not taken comes again under its id; a redirect is not followed, a hanging one not waited for', async () => {
  const private_ = await new Receiver().start();
  const before = receiver.got.length;
  const answers: ReturnType<Receiver['answer']>[] = [{ status: 302, location: private_.url }];
  receiver.answer = (n) => answers[n - before - 1] ?? { status: 200 };
  await new Client(node).signUp('dora');
  await until(() => receiver.got.length === before + 2);
  expect(new Set(receiver.got.slice(before).map((g) => g.headers['webhook-id'])).size).toBe(1);
  for (const g of receiver.got.slice(before)) verified(secret, g);
  await until(async () => (await deliveries())[0].state === 'delivered');
  const [d] = await deliveries();
  const whole = await staff.json('GET', `${hooks}/${hook.id}/deliveries/${d.id}`);
  expect(whole.attempts.map((a: any) => [a.n, a.status, a.error, a.excerpt])).toEqual([[2, 200, null, null], [1, 302, 'redirect', null]]);
  expect(JSON.parse(whole.body)).toEqual(receiver.got[before]!.body);
  expect(private_.got).toEqual([]);
  await private_.stop();
});

test('given up, it is failing; replayed, one or all, it is well again', async () => {
  receiver.answer = () => ({ status: 503, text: 'no <b>room\u0007' });
  const since = new Date().toISOString();
  await Promise.all([new Client(node).signUp('emil'), new Client(node).signUp('finn')]);
  await until(async () => (await deliveries('?state=failed')).length === 2);
  expect(await staff.json('GET', `${hooks}/${hook.id}`)).toMatchObject({ state: 'failing', failing_since: expect.any(String) });
  receiver.answer = () => ({ status: 200 });
  const before = receiver.got.length;
  const [first] = await deliveries('?state=failed');
  const { attempts } = await staff.json('GET', `${hooks}/${hook.id}/deliveries/${first.id}`);
  expect(attempts.map((a: any) => [a.n, a.status, a.error, a.excerpt])).toEqual([2, 1].map((n) => [n, 503, 'status', 'no <b>room ']));
  await staff.json('POST', `${hooks}/${hook.id}/deliveries/${first.id}/replay`);
  await until(() => receiver.got.length > before);
  expect(receiver.got[before]!.headers['webhook-id']).toBe(first.event_id);
  expect(await staff.json('POST', `${hooks}/${hook.id}/replay`, { since })).toEqual({ replayed: 1 });
  await until(async () => (await deliveries()).every((d) => d.state === 'delivered'));
  expect(await staff.json('GET', `${hooks}/${hook.id}`)).toMatchObject({ state: 'on', failing_since: null });
  // Another endpoint's delivery is not to be had through this one.
  const { webhook: other } = await staff.json('POST', hooks, { name: 'Other', url: receiver.url, events: [] });
  expect((await staff.call('POST', `${hooks}/${other.id}/deliveries/${first.id}/replay`)).status).toBe(404);
  expect((await staff.call('GET', `${hooks}/${other.id}/deliveries/${first.id}`)).status).toBe(404);
  await staff.json('DELETE', `${hooks}/${other.id}`);
});

test('a new secret signs beside the old one', async () => {
  const { secret: next } = await staff.json('POST', `${hooks}/${hook.id}/secret`);
  const before = receiver.of('ping').length;
  await staff.json('POST', `${hooks}/${hook.id}/ping`);
  await until(() => receiver.of('ping').length > before);
  const got = receiver.of('ping').at(-1)!;
  expect(String(got.headers['webhook-signature']).split(' ')).toHaveLength(2);
  expect(verified(secret, got).data).toEqual({ webhook_id: hook.id });
  verified(next, got);
});

test('killed at any moment: nothing is lost, and what comes twice has one id', async () => {
  const wanted: string[] = [];
  const told = () => new Set(receiver.of('account.created').map((g) => g.body.data.account_id));
  for (const round of process.env.MATINEE_LONG ? [0, 1, 2] : [2]) {
    receiver.answer = () => 'hang'; // the kill comes while the answer is waited for
    const who = await new Client(node).signUp(`gus${round}`);
    wanted.push((await who.json('GET', '/api/v1/session')).account.id);
    const account = wanted.at(-1)!;
    if (round === 1) await pause(60); // 0: before it was taken; 1: in between; 2: in the middle of a request
    if (round === 2) await until(() => told().has(account));
    node.kill('SIGKILL');
    await node.exited();
    receiver.answer = () => ({ status: 200 });
    await node.start({ args: ['--webhook-private', '--webhook-retries=1', '--webhook-off-after=90d', '--billing-test-gateway'] });
  }
  await until(() => wanted.every((id) => told().has(id)));
  for (const id of wanted) expect(new Set(receiver.of('account.created').filter((g) => g.body.data.account_id === id).map((g) => g.headers['webhook-id'])).size).toBe(1);
});

test('whoever answers that it is gone is not asked again, and operators are written to', async () => {
  receiver.answer = () => ({ status: 410 });
  await new Client(node).signUp('hana');
  await until(async () => (await staff.json('GET', `${hooks}/${hook.id}`)).state === 'off');
  expect(await staff.json('GET', `${hooks}/${hook.id}`)).toMatchObject({ off_why: 'gone' });
  const before = receiver.of('account.created').length;
  await new Client(node).signUp('ivo');
  receiver.answer = () => ({ status: 200 });
  await staff.json('POST', `${hooks}/${hook.id}/ping`); // a test is sent also now
  await until(() => receiver.got.at(-1)!.body.type === 'ping');
  expect(receiver.of('account.created').length).toBe(before);
  expect(await staff.json('PATCH', `${hooks}/${hook.id}`, { enabled: true })).toMatchObject({ state: 'on', off_why: null });
});

test('no log has a payload, a secret or an address; no record an address', async () => {
  const log = readFileSync(node.log, 'utf8'), record = JSON.stringify((await staff.json('GET', '/api/v1/operator/audit?action=webhooks&limit=100')).items);
  for (const text of [secret, secret.slice(6, 30), 'of-the-receiver', '/hooks', ...receiver.got.map((g) => String(g.headers['webhook-signature']).slice(3, 30))]) expect(log.includes(text), text).toBe(false);
  for (const text of [secret, 'of-the-receiver']) expect(record.includes(text), text).toBe(false);
});
