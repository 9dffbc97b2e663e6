// A person takes everything along and is gone: every table of the schema, on either engine, before and after. A table that is new and
// holds something of a person fails here until somebody has said what becomes of it (erasure.ts). Run by test/flow/security-routes.spec.ts, in its world.
import { expect, test } from '@playwright/test';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { engine } from './engine.ts';
import { held } from './erasure.ts';
import { Client } from './node.ts';
import { ask, strangerId } from './routes.ts';
import { tableInsert, tablesOf, type Table } from './tables.ts';
import { App } from './totp.ts';
import { password, type Person, type World } from './world.ts';

const name = `zaphod${Math.random().toString(36).slice(2, 8)}`;
let world: World;
let who: Person;
let ids: string[] = []; // the person's: account, profiles, sessions, devices
const words = [name, 'Kowalczyk', 'Zaphods Fernseher', 'Zaphods Schlüssel', '203.0.113.77'];
/** Columns that hold somebody, whatever is in them. */
const personal = /^(account_id|profile_id|session_id|device_id|email|recipient|buyer|address|network)$/;
const holds = (t: Table, ...what: string[]) => t.rows.filter((r) => what.some((w) => JSON.stringify(r).includes(w)));

/** What World.person does not do. */
async function live({ client, account, email, owns }: Person): Promise<void> {
  const { node } = world;
  const now = Date.now();
  const put = (table: string, row: Record<string, string | number | null | Uint8Array>) => tableInsert(node, table, { account_id: account, created_at: now, ...row });
  // What a gateway, a provider and an authenticator would bring.
  put('passkey', { id: strangerId(), credential_id: `c-${name}`, public_key: Buffer.from('key'), sign_count: 0, backup_eligible: 0, backed_up: 0, aaguid: '', transports: '', name: 'Zaphods Schlüssel', last_used_at: null, suspect_at: null });
  put('account_link', { id: strangerId(), issuer: 'https://id.example.org', subject: `s-${name}`, email: `${name}@id.example.org`, last_used_at: null });
  put('gateway_customer', { gateway: 'test', ref: 'cus_1' });
  put('method_setup', { id: strangerId(), gateway: 'test', ref: 'seti_1', state: 'open', next_path: '/account', settled_at: 0 });
  put('title_right', { id: strangerId(), offer_id: '01ARZ3NDEKTSV4RRFFQ69G5FAW', kind: 'purchase', state: 'active', start_by_at: 0, started_at: 0, ends_at: 0, finish_hours: 0 });
  await client.json('PATCH', `/api/v1/profiles/${owns.profile}`, { name: 'Kowalczyk' });
  await client.json('PATCH', `/api/v1/devices/${owns.device}`, { name: 'Zaphods Fernseher' });
  await client.json('POST', '/api/v1/client-events', { device_id: owns.device, sent_at: new Date().toISOString(), version: 1, events: [{ id: strangerId(), name: 'ui.click', at: new Date().toISOString(), data: { said: 'Kowalczyk' } }] });
  await world.operator.json('PUT', '/api/v1/operator/coupons/TEN', { percent_bp: 1000 });
  put('coupon_redemption', { id: strangerId(), coupon_id: String(tablesOf(node).coupon!.rows[0]!.id), periods_left: 1 });
  const { codes } = await world.operator.json('POST', '/api/v1/operator/gift-codes', { amount_minor: 500, currency: 'EUR' });
  await client.json('POST', '/api/v1/gift-codes/redeem', { code: codes[0] });
  const payment = tablesOf(node).payment!.rows.find((r) => r.account_id === account && r.state === 'succeeded')!.id;
  const refund = await world.operator.call('POST', `/api/v1/operator/payments/${payment}/refunds`, { amount_minor: 1, reason: 'Mr Kowalczyk asked on the telephone' }, { 'idempotency-key': strangerId() });
  expect(refund.ok, await refund.text()).toBe(true);
  const tv = await (await new Client(node).call('POST', '/api/v1/device/code', { kind: 'tv', name: 'Zaphods Fernseher' })).json();
  await client.json('POST', '/api/v1/device/decision', { user_code: tv.user_code, approve: true, name: 'Zaphods Fernseher' });
  const { secret } = await client.json('POST', '/api/v1/second-factor', { password });
  await client.json('POST', '/api/v1/second-factor/confirm', { code: await new App(secret).next() });
  await ask(node, 'POST', '/api/v1/session', { json: { email, password: 'not the password' } });
  await client.call('POST', '/api/v1/account/email', { email: `new-${email}`, password });
}

const at = (o: any, path: string) => path.split('.').reduce((x, key) => x?.[key], o);
const filled = (v: unknown) => (Array.isArray(v) ? v.length > 0 : v !== undefined && v !== null && v !== '' && v !== false);
/** Files of the data folder that are no database and no film. */
function files(): string[] {
  const all = readdirSync(world.node.data, { recursive: true, encoding: 'utf8' }).filter((f) => !/^(db|media|work)\//.test(f));
  return all.map((f) => join(world.node.data, f)).filter((f) => statSync(f).isFile());
}

export function erasureTests(of: World): void {
  test.describe('a person that goes', () => {
    test.describe.configure({ mode: 'serial' });
    test.beforeAll(async () => {
      world = of;
      who = await world.person(name);
      await live(who);
    });

    test('every table that holds a person stands on the list with what becomes of it', async () => {
      const { sessions } = await who.client.json('GET', '/api/v1/sessions');
      ids = [who.account, who.owns.profile, who.owns.otherProfile, who.owns.device, ...sessions.map((s: any) => s.id)];
      const tables = tablesOf(world.node);
      const found = Object.entries(tables).filter(([, t]) => t.columns.some((c) => personal.test(c)) || holds(t, ...ids, ...words).length).map(([n]) => n);
      expect(found.filter((n) => !held[n]), 'say in test/lib/erasure.ts whether the archive tells it and erasure leaves it').toEqual([]);
      expect(Object.keys(held).filter((n) => !tables[n]), 'no such table').toEqual([]);
      // What is not there cannot go: each has something of this person's now.
      expect(Object.entries(held).filter(([n, h]) => !h.fleeting && !holds(tables[n]!, ...ids).length).map(([n]) => n)).toEqual([]);
    });

    test('the archive tells all of it, and no secret', async () => {
      const a = await ask(world.node, 'GET', '/api/v1/me/export', { cookie: who.client.cookie });
      expect(a.status).toBe(200);
      expect(String(a.headers['content-disposition'])).toMatch(/^attachment; filename="[\w-]+\.json"$/);
      const missing = Object.entries(held).filter(([, h]) => typeof h.told === 'string' && !filled(at(a.json, h.told))).map(([n, h]) => `${n}: ${h.told}`);
      expect(missing, Object.entries(a.json).map(([k, v]: any) => `${k}: ${Object.keys(v)}`).join('\n')).toEqual([]);
      for (const word of [who.email, 'Kowalczyk', 'Zaphods Fernseher', 'Zaphods Schlüssel', `${name}@id.example.org`]) expect(a.text).toContain(word);
      const tables = tablesOf(world.node);
      const secrets = [['account', 'password_hash'], ['session', 'token_hash'], ['account_code', 'code_hash'], ['recovery_code', 'code_hash'], ['second_factor', 'secret'], ['payment_method', 'token']] as const;
      for (const [table, column] of secrets) for (const r of tables[table]!.rows) if (r[column]) expect(a.text.includes(String(r[column])), `${table}.${column}`).toBe(false);
    });

    test('after erasure nothing of it is anywhere but what the law keeps, and that names nobody', async () => {
      const kept = Object.entries(held).filter(([, h]) => h.left).map(([n]) => n);
      const rows = (tables: Record<string, Table>) => tables.invoice!.rows.length;
      const invoices = rows(tablesOf(world.node));
      await expect.poll(() => files().filter((f) => f.endsWith('.eml') && readFileSync(f, 'utf8').includes(who.email)).length).toBeGreaterThan(0);
      const gone = await ask(world.node, 'DELETE', '/api/v1/me', { cookie: who.client.cookie, json: { password } });
      expect(gone.status, gone.text).toBe(204);
      const said: string[] = [];
      await expect.poll(() => { // letters and notes that were on their way
        const tables = tablesOf(world.node);
        said.splice(0, said.length, ...Object.entries(tables).flatMap(([n, t]) => [
          ...(kept.includes(n) ? [] : holds(t, ...ids).map((r) => `${n} has an id of the person: ${JSON.stringify(r)}`)),
          ...holds(t, ...words).map((r) => `${n} has a word of the person: ${JSON.stringify(r)}`),
        ]));
        return said;
      }).toEqual([]);
      const tables = tablesOf(world.node);
      expect(rows(tables), 'the books are whole').toBe(invoices);
      for (const n of kept.filter((k) => !k.startsWith('event_'))) expect(holds(tables[n]!, ...ids).map((r) => `${n}: ${JSON.stringify(r)}`)).toEqual([]);
      expect(files().filter((f) => words.some((w) => readFileSync(f).includes(w)))).toEqual([]);
      if (engine === 'scaled') {
        const line = readFileSync(join(process.env.MATINEE_TEST_PG!, 'redis-folders'), 'utf8').split('\n').indexOf(world.node.data) + 1;
        const redis = (...args: string[]) => execFileSync('redis-cli', ['-p', process.env.MATINEE_TEST_REDIS!, '-n', String(line), ...args], { encoding: 'utf8' });
        const keys = redis('--scan').split('\n').filter(Boolean);
        const values = keys.map((k) => redis('DUMP', k)).join('\n');
        for (const w of words) expect(`${keys.join('\n')}\n${values}`).not.toContain(w);
      }
      expect((await ask(world.node, 'POST', '/api/v1/session', { json: { email: who.email, password } })).status).toBe(401);
    });
  });
}
