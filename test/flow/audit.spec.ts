// The record of what staff did: everything of theirs is in it, nothing secret is, a row that goes or changes shows, and a person
// who is erased is not in it any more.
import { expect, test } from '@playwright/test';
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { databaseOf, engine } from '../lib/engine.ts';
import { Client } from '../lib/node.ts';
import { databaseQuery } from '../lib/postgres.ts';
import { ask, nameOf, routes, sample, strangerId } from '../lib/routes.ts';
import { password, World } from '../lib/world.ts';

const world = new World();
test.describe.configure({ mode: 'serial' });
test.beforeAll(async () => {
  await world.start();
});
test.afterAll(async () => await world.stop());

const record = async (query = '') => (await world.operator.json('GET', `/api/v1/operator/audit${query}`)).items as any[];
/** Past the program, as somebody would who wants a row to be gone. */
function database(sql: string): void {
  if (engine === 'scaled') databaseQuery(process.env.MATINEE_TEST_PG!, /\/(m_[0-9a-f]+)/.exec(databaseOf(world.node.data)!)?.[1] ?? databaseOf(world.node.data)!, sql);
  else execFileSync('python3', ['-c', 'import sqlite3,sys\nc=sqlite3.connect(sys.argv[1],timeout=20)\nc.executescript(sys.argv[2])', join(world.node.data, 'db/main.db'), sql]);
}
function verify(): string {
  try {
    return world.node.run('audit', 'verify');
  } catch (e: any) {
    return String(e.stderr);
  }
}

test('every route of staff that changes something is recorded, by the table', () => {
  for (const r of routes.filter((x) => x.roles.length && !x.roles.includes('viewer') && x.method !== 'GET' && !x.flags.includes('reads') && !x.flags.includes('piece'))) expect(r.flags, nameOf(r)).toContain('audit');
  for (const name of ['POST /api/v1/account/password', 'POST /api/v1/account/email', 'POST /api/v1/account/email/confirm', 'POST /api/v1/password-resets/confirm', 'DELETE /api/v1/sessions',
    'DELETE /api/v1/sessions/{id}', 'DELETE /api/v1/devices/{id}', 'DELETE /api/v1/me', 'GET /api/v1/me/export', 'GET /api/v1/operator/accounts/{id}/payments', 'GET /api/v1/operator/audit'])
    expect(routes.find((r) => nameOf(r) === name)?.flags, name).toContain('audit');
});

test('who did what, with which values, from where, by which request', async () => {
  const { account } = await world.operator.json('GET', '/api/v1/session');
  const r = await world.operator.call('PUT', '/api/v1/operator/taxes/DE', { name: 'VAT', rate_bp: 1900, inclusive: true });
  const [row] = await record('?action=taxes');
  expect(row).toMatchObject({
    account_id: account.id, role: 'operator', action: 'PUT /api/v1/operator/taxes/{country}', target: 'country=DE', detail: { name: 'VAT', rate_bp: 1900, inclusive: true },
    request_id: r.headers.get('x-request-id'),
  });
  expect(row.address).toMatch(/^(127\.|::)/);
  expect(Math.abs(Date.parse(row.at) - Date.now())).toBeLessThan(60_000);
  await world.editor.json('PATCH', `/api/v1/titles/${world.film.title_id}`, { name: 'Another name' });
  expect((await record('?action=titles'))[0]).toMatchObject({ role: 'editor', target: `id=${world.film.title_id}`, detail: { name: 'Another name', before: { name: 'Everybody’s film' } } });
});

test('every one of them, tried: what succeeds is in the record, what is refused is not', async () => {
  const staff = await world.staff('viewer,editor,operator');
  const { account } = await staff.json('GET', '/api/v1/session');
  const done = ['POST /api/v1/session'];
  for (const r of routes.filter((x) => x.flags.includes('audit') && x.roles.length && !x.roles.includes('viewer') && !x.flags.includes('stream_body'))) {
    const path = r.params.reduce((p, q) => p.replace(`{${q.name}}`, q.type === 'id' ? strangerId() : q.name === 'country' ? 'FR' : 'something'), r.path);
    const a = await ask(world.node, r.method, path, { cookie: staff.cookie, ...(r.body ? { json: { ...sample(r.body), ...(r.body === 'GiftMake' ? { currency: 'EUR' } : {}) } } : {}) });
    if (a.status < 300) done.push(nameOf(r));
  }
  const rows = (await record(`?account=${account.id}&limit=200`)).map((x) => x.action);
  expect(rows.sort()).toEqual(done.sort());
  expect(done.length).toBeGreaterThan(3);
});

test('a viewer’s own: password, address, sessions, a letter’s code; no secret is in it', async () => {
  const { client, email } = await world.signedUp();
  const { account } = await client.json('GET', '/api/v1/session');
  await new Client(world.node).json('POST', '/api/v1/session', { email, password });
  await client.json('DELETE', '/api/v1/sessions');
  await client.json('POST', '/api/v1/account/password', { current: password, password: 'quite another one' });
  await client.call('POST', '/api/v1/account/email', { email: `new-${randomUUID()}@example.org`, password: 'quite another one' });
  await client.call('POST', '/api/v1/account/password', { current: 'not the password', password: 'quite another one' });
  const rows = await record(`?account=${account.id}`);
  expect(rows.map((r) => r.action)).toEqual(['POST /api/v1/account/email', 'POST /api/v1/account/password', 'DELETE /api/v1/sessions']);
  const whole = JSON.stringify(await record('?limit=200'));
  for (const secret of [password, 'quite another one', '@example.org', client.cookie.split('=')[1]!]) expect(whole).not.toContain(secret);
  expect(rows[1].detail).toEqual({ current: '(secret)', password: '(secret)' });
});

test('staff that signs in, and whoever tries to, is in the record and the log; a viewer only in the log, and nobody by address', async () => {
  const staff = await world.staff('viewer,editor');
  const { account } = await staff.json('GET', '/api/v1/session');
  const viewer = await world.signedUp();
  const from = '127.0.91.7';
  for (const email of [account.email, viewer.email, `nobody-${randomUUID()}@example.org`])
    expect((await ask(world.node, 'POST', '/api/v1/session', { from, json: { email, password: 'not the password' } })).status).toBe(401);
  await staff.call('GET', '/api/v1/operator/ledger');
  await ask(world.node, 'PUT', '/api/v1/operator/taxes/DE', { from, cookie: viewer.client.cookie, noOrigin: true, json: { name: 'VAT', rate_bp: 1, inclusive: true } });
  await expect.poll(async () => (await record(`?account=${account.id}`)).map((r) => [r.action, r.target, r.detail.code]))
    .toEqual([['POST /api/v1/session', 'refused', 'session.wrong_credentials'], ['POST /api/v1/session', 'signed in', undefined]]);
  const [refused, signed] = await record(`?account=${account.id}`);
  expect(refused).toMatchObject({ address: '127.0.91.7', role: 'editor', session_id: null });
  expect(signed.session_id).toMatch(/^[0-9A-Z]{26}$/);
  const { account: watcher } = await viewer.client.json('GET', '/api/v1/session');
  expect(await record(`?account=${watcher.id}`)).toEqual([]);
  const log = readFileSync(world.node.log, 'utf8');
  const lines = log.split('\n').filter((l) => l.includes(' event=security.'));
  const has = (...words: string[]) => expect(lines.some((l) => words.every((w) => l.includes(w))), words.join(' ')).toBe(true);
  has('event=security.signed_in', `account=${account.id}`, 'role=editor', 'by="POST /api/v1/session"', 'network=127.0.0.0/24');
  has('event=security.signed_in', `account=${watcher.id}`, 'role=viewer', 'by="POST /api/v1/accounts"');
  for (const who of [account.id, watcher.id, '-']) has('event=security.sign_in_refused', `account=${who} `, 'code=session.wrong_credentials', 'network=127.0.91.0/24');
  has('event=security.refused', 'route=/api/v1/operator/ledger', 'status=403', 'code=forbidden', `account=${account.id}`);
  has('event=security.refused', 'route=/api/v1/operator/taxes/{country}', 'method=PUT', 'code=origin', 'network=127.0.91.0/24');
  has('event=security.refused', 'route=/api/v1/session', 'status=401', 'code=session.wrong_credentials');
  for (const secret of [account.email, viewer.email, 'not the password', password, staff.cookie.split('=')[1]!, '127.0.91.7']) expect(log).not.toContain(secret);
});

test('commands of staff are in it, and pages go on', async () => {
  expect((await record('?action=command'))[0]).toMatchObject({ role: 'command', action: 'command user create', account_id: null });
  const all = await record('?limit=200');
  const paged: any[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page: any = await world.operator.json('GET', `/api/v1/operator/audit?limit=3${cursor ? `&cursor=${cursor}` : `&until=${all[0].at}`}`);
    paged.push(...page.items);
    cursor = page.next_cursor;
    if (paged.length > 12) break;
  }
  expect(new Set(paged.map((r) => r.id)).size).toBe(paged.length);
  expect(paged.map((r) => r.id)).toEqual([...paged.map((r) => r.id)].sort().reverse());
  for (const bad of ['?limit=0', '?limit=201', '?from=yesterday', '?cursor=x', '?account=x', '?who=x']) expect((await world.operator.call('GET', `/api/v1/operator/audit${bad}`)).status).toBe(400);
});

test('who is erased is in it no more, and the chain still holds', async () => {
  const { client } = await world.signedUp();
  const { account } = await client.json('GET', '/api/v1/session');
  await client.json('DELETE', '/api/v1/sessions');
  await expect.poll(async () => (await record(`?account=${account.id}`)).every((r) => r.seq !== null)).toBe(true);
  const kept = (await record(`?account=${account.id}`)).map((r) => r.id);
  expect(kept.length).toBe(1);
  expect((await client.call('DELETE', '/api/v1/me', { password })).status).toBe(204);
  expect(await record(`?account=${account.id}`)).toEqual([]);
  const rows = (await record('?limit=200')).filter((r) => kept.includes(r.id) || r.action === 'DELETE /api/v1/me');
  expect(rows).toHaveLength(2);
  for (const r of rows) expect(r).toMatchObject({ account_id: null, session_id: null, address: null });
  expect(verify()).toMatch(/^\d+ rows, of 1 the person was erased|^\d+ rows, of 2 the person/);
});

test('a row that is changed, taken out or given to somebody else shows, and where', async () => {
  await expect.poll(async () => (await record('?limit=200')).slice(1).every((r) => r.seq !== null)).toBe(true);
  expect(verify()).toMatch(/^\d+ rows/);
  const victim = (await record('?action=taxes/')).find((r) => r.target === 'country=DE')!;
  const cases: [string, string, RegExp][] = [
    [`UPDATE audit SET target = 'country=FR' WHERE id = '${victim.id}'`, `UPDATE audit SET target = 'country=DE' WHERE id = '${victim.id}'`, /what was done was changed/],
    [`UPDATE audit SET account_id = '${world.ana.account}' WHERE id = '${victim.id}'`, `UPDATE audit SET account_id = '${victim.account_id}' WHERE id = '${victim.id}'`, /who did it was changed/],
    [`UPDATE audit SET seq = -1 WHERE id = '${victim.id}'`, `UPDATE audit SET seq = ${victim.seq} WHERE id = '${victim.id}'`, /a row is missing/],
  ];
  for (const [harm, undo, words] of cases) {
    database(harm);
    const said = verify();
    expect(said).toMatch(words);
    expect(said).toContain(`row ${victim.seq} of the record`);
    database(undo);
    expect(verify()).toMatch(/^\d+ rows/);
  }
  database(`DELETE FROM audit WHERE id = '${victim.id}'`);
  expect(verify()).toContain(`row ${victim.seq} of the record: a row is missing`);
});
