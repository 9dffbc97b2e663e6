// The second factor: enrolled with an app's code, asked for after the password, good once, and what a half sign-in may do: nothing.
import { expect, test } from '@playwright/test';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { engine } from '../lib/engine.ts';
import { Client } from '../lib/node.ts';
import { ask, nameOf, routes, sample, strangerId } from '../lib/routes.ts';
import { App, codeAt } from '../lib/totp.ts';
import { password, World } from '../lib/world.ts';

const world = new World();
test.describe.configure({ mode: 'serial' });
test.beforeAll(async () => {
  await world.start();
  await world.node.stop();
  await world.node.start({ args: ['--billing-test-gateway', '--staff-second-factor'] });
});
test.afterAll(async () => await world.stop());

async function enrolled(): Promise<{ client: Client; email: string; app: App; recovery: string[] }> {
  const { client, email } = await world.signedUp();
  const begun = await client.json('POST', '/api/v1/second-factor', { password });
  const app = new App(begun.secret);
  const { recovery_codes } = await client.json('POST', '/api/v1/second-factor/confirm', { code: await app.next() });
  return { client, email, app, recovery: recovery_codes };
}
const cookieOf = (setCookie: string[] | undefined, name: string) => setCookie?.find((c) => c.startsWith(name))?.split(';')[0] ?? '';
const signIn = async (email: string) => {
  const a = await ask(world.node, 'POST', '/api/v1/session', { json: { email, password } });
  return { a, half: cookieOf(a.headers['set-cookie'], 'matinee_second_step='), session: cookieOf(a.headers['set-cookie'], 'matinee_session=') };
};
const second = (cookie: string, code: string) => ask(world.node, 'POST', '/api/v1/session/second-factor', { cookie, json: { code } });

test('a secret and an address for the app; nothing is asked for before it was confirmed', async () => {
  const { client, email } = await world.signedUp();
  expect((await client.call('POST', '/api/v1/second-factor', { password: 'not the password' })).status).toBe(403);
  const { secret, uri } = await client.json('POST', '/api/v1/second-factor', { password });
  expect(secret).toMatch(/^[A-Z2-7]{32}$/);
  expect(Object.fromEntries(new URL(uri).searchParams)).toEqual({ secret, issuer: 'Matinee', algorithm: 'SHA1', digits: '6', period: '30' });
  expect(await client.json('GET', '/api/v1/second-factor')).toEqual({ enrolled: false, recovery_codes_left: 0 });
  expect((await signIn(email)).a.status).toBe(200);
  expect((await client.call('POST', '/api/v1/second-factor/confirm', { code: '000000' })).status).toBe(403);
  const { recovery_codes } = await client.json('POST', '/api/v1/second-factor/confirm', { code: await new App(secret).next() });
  expect(new Set(recovery_codes).size).toBe(10);
  expect(await client.json('GET', '/api/v1/second-factor')).toEqual({ enrolled: true, recovery_codes_left: 10 });
  expect((await client.call('POST', '/api/v1/second-factor', { password })).status).toBe(409);
});

test('sign-in takes two steps, and between them nothing is open', async () => {
  const { email, app } = await enrolled();
  const { a, half, session } = await signIn(email);
  expect([a.status, a.json.code]).toEqual([401, 'session.second_factor_wanted']);
  expect(session).toBe('');
  expect(half).not.toBe('');
  const open: string[] = [];
  for (const r of routes.filter((x) => x.roles.length)) {
    const path = r.params.reduce((p, q) => p.replace(`{${q.name}}`, q.type === 'id' ? strangerId() : q.type === 'int' ? '1' : 'x'), r.path);
    const as = half.replace('matinee_second_step', 'matinee_session');
    for (const cookie of [half, as]) if ((await ask(world.node, r.method, path, { cookie, ...(r.body ? { json: sample(r.body) } : {}) })).status !== 401) open.push(nameOf(r));
  }
  expect(open).toEqual([]);
  const code = await app.next();
  const done = await second(half, code);
  expect(done.status, done.text).toBe(200);
  const cookie = cookieOf(done.headers['set-cookie'], 'matinee_session=');
  expect((await ask(world.node, 'GET', '/api/v1/profiles', { cookie })).status).toBe(200);
  // Neither the half sign-in nor the code is good a second time.
  expect((await second(half, await app.next())).json.code).toBe('session.begin_again');
  const again = await signIn(email);
  expect((await second(again.half, code)).json.code).toBe('factor.wrong_code');
});

test('a recovery code is good once', async () => {
  const { email, recovery, client } = await enrolled();
  expect((await second((await signIn(email)).half, recovery[3]!.toUpperCase().replaceAll('-', ' '))).status).toBe(200);
  expect((await second((await signIn(email)).half, recovery[3]!)).json.code).toBe('factor.wrong_code');
  expect((await second((await signIn(email)).half, recovery[4]!)).status).toBe(200);
  expect(await client.json('GET', '/api/v1/second-factor')).toEqual({ enrolled: true, recovery_codes_left: 8 });
});

test('one code at the same instant from two places lets one in', async () => {
  const { email, app } = await enrolled();
  const halves = [(await signIn(email)).half, (await signIn(email)).half];
  const code = await app.next();
  const both = await Promise.all(halves.map((h) => second(h, code)));
  expect(both.map((a) => a.status).sort()).toEqual([200, 403]);
});

test('guessing ends at five, for the right code too', async () => {
  const { email, recovery } = await enrolled();
  const { half } = await signIn(email);
  for (let i = 0; i < 5; i++) expect((await second(half, `00000${i}`)).status).toBe(403);
  expect((await second(half, recovery[0]!)).json.code).toBe('factor.too_many_codes');
});

test('staff is a viewer until it has shown one; a refund wants it lately; lost, a command takes it away', async () => {
  const staff = await world.staff('viewer,operator');
  const { account } = await staff.json('GET', '/api/v1/session');
  expect((await staff.call('GET', '/api/v1/operator/ledger')).status).toBe(403);
  expect((await staff.call('GET', '/api/v1/profiles')).status).toBe(200);
  const { secret } = await staff.json('POST', '/api/v1/second-factor', { password });
  await staff.json('POST', '/api/v1/second-factor/confirm', { code: await new App(secret).next() });
  expect((await staff.call('GET', '/api/v1/operator/ledger')).status).toBe(200);
  expect((await staff.call('POST', '/api/v1/operator/gift-codes', { amount_minor: 100, currency: 'EUR' })).status).toBe(201);
  expect(routes.filter((r) => r.flags.includes('fresh')).map(nameOf)).toContain('POST /api/v1/operator/payments/{id}/refunds');
  world.node.run('user', 'totp-reset', account.email);
  expect((await signIn(account.email)).a.status).toBe(200);
});

test('the secret rests sealed, and stands in no log and no record', async () => {
  const { client } = await world.signedUp();
  const { secret } = await client.json('POST', '/api/v1/second-factor', { password });
  expect(readFileSync(world.node.log, 'utf8')).not.toContain(secret);
  if (engine === 'embedded') {
    const bits = [...secret].map((c: string) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0')).join('');
    const raw = Buffer.from(bits.match(/.{8}/g)!.map((b: string) => parseInt(b, 2)));
    for (const f of readdirSync(join(world.node.data, 'db'))) {
      const bytes = readFileSync(join(world.node.data, 'db', f));
      expect(bytes.includes(raw), f).toBe(false);
      expect(bytes.includes(secret), f).toBe(false);
    }
  }
});
