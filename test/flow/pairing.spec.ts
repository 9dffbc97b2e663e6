// A television signed in by a code (RFC 8628) over HTTP, and how many devices an account plays on: what the device hears, what
// whoever approves sees, and what a guesser gets.
import { expect, test } from '@playwright/test';
import { execFileSync } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import * as oauth from 'oauth4webapi';
import { clips } from '../lib/media.ts';
import { binary, Client, MatineeNode } from '../lib/node.ts';
import { mainExec } from '../lib/sql.ts';

const password = 'a long enough password';
const node = new MatineeNode();
test.describe.configure({ mode: 'serial' });
test.beforeAll(async () => {
  await node.start();
});
test.afterAll(async () => {
  await node.stop();
  node.remove();
});

const joined = () => new Client(node).signUp();
async function refused(r: Response): Promise<[number, string]> {
  expect(r.headers.get('content-type')).toContain('application/problem+json');
  const problem = await r.json();
  expect(problem.detail).toMatch(/\w+ .*[.]$/);
  return [r.status, problem.code];
}
interface Codes {
  device_code: string;
  user_code: string;
  verification_uri: string;
  verification_uri_complete: string;
  expires_in: number;
  interval: number;
}
const ask = (tv: Client, more: object = {}): Promise<Codes> => tv.json('POST', '/api/v1/device/code', { kind: 'tv', name: 'Chrome · TV', ...more });
const poll = (tv: Client, codes: Codes) => tv.call('POST', '/api/v1/device/token', { device_code: codes.device_code });
const look = (who: Client, user_code: string) => who.call('POST', '/api/v1/device/lookup', { user_code });
const decide = (who: Client, user_code: string, approve = true, name?: string) => who.call('POST', '/api/v1/device/decision', { user_code, approve, ...(name ? { name } : {}) });
/** As a device waits that keeps to its interval. */
const patience = () => pause(5000);

test('a television shows a code, a phone approves, and the television is signed in once', async () => {
  const [tv, phone] = [new Client(node), await joined()];
  const codes = await ask(tv);
  expect(codes.user_code).toMatch(/^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/);
  expect(codes).toMatchObject({ verification_uri: `${node.url}/activate`, verification_uri_complete: `${node.url}/activate?code=${codes.user_code}`, expires_in: 600, interval: 5 });
  expect(await refused(await poll(tv, codes))).toEqual([400, 'authorization_pending']);
  const typed = codes.user_code.toLowerCase().replace('-', ' ');
  expect(await (await look(phone, typed)).json()).toMatchObject({ user_code: codes.user_code, kind: 'tv', name: 'Chrome · TV', same_network: true });
  expect((await tv.call('GET', '/api/v1/session')).status).toBe(204);
  expect((await decide(phone, typed, true, 'Living room')).status).toBe(204);
  await patience();
  const r = await poll(tv, codes);
  expect(r.status).toBe(200);
  expect(r.headers.get('set-cookie')).toMatch(/matinee_session=.*HttpOnly/i);
  const mine = await phone.json('GET', '/api/v1/session');
  expect(await r.json()).toMatchObject({ account: { id: mine.account.id, roles: ['viewer'] } });
  expect((await tv.json('GET', '/api/v1/session')).account.email).toBe(mine.account.email);
  const { sessions } = await phone.json('GET', '/api/v1/sessions');
  expect(sessions).toContainEqual(expect.objectContaining({ device_kind: 'tv', device_name: 'Living room', paired: true, current: false }));

  // Once: neither the device's code nor the person's does anything a second time.
  expect(await refused(await poll(new Client(node), codes))).toEqual([400, 'invalid_grant']);
  expect(await refused(await look(phone, codes.user_code))).toEqual([404, 'pairing.code_wrong']);
  // A paired device lets nobody in.
  const second = await ask(new Client(node));
  expect(await refused(await decide(tv, second.user_code))).toEqual([403, 'pairing.not_here']);
  // Signing out everywhere is everywhere.
  expect((await phone.call('DELETE', '/api/v1/sessions')).status).toBe(204);
  expect((await tv.call('GET', '/api/v1/session')).status).toBe(401);
});

test('what was signed in by a code watches, and is no place for the account’s affairs', async () => {
  const [tv, phone] = [new Client(node), await joined()];
  const codes = await ask(tv);
  await decide(phone, codes.user_code);
  expect((await poll(tv, codes)).status).toBe(200);
  // Whoever talks somebody into approving a code gets a television, not an account.
  const owner: { method: string; path: string; flags: string[] }[] = JSON.parse(execFileSync(binary, ['routes'], { encoding: 'utf8' })).routes.filter((r: { flags: string[] }) => r.flags.includes('owner'));
  expect(owner.map((r) => `${r.method} ${r.path}`).sort()).toEqual([
    'DELETE /api/v1/account-links/{id}', 'DELETE /api/v1/me', 'DELETE /api/v1/passkeys/{id}', 'DELETE /api/v1/second-factor', 'DELETE /api/v1/sessions', 'GET /api/v1/me/export',
    'POST /api/v1/account-links/pending', 'POST /api/v1/account/email', 'POST /api/v1/account/password',
    'POST /api/v1/oidc/providers/{provider}/link', 'POST /api/v1/oidc/providers/{provider}/link-authorization', 'POST /api/v1/passkeys', 'POST /api/v1/passkeys/options',
    'POST /api/v1/second-factor', 'POST /api/v1/second-factor/confirm', 'POST /api/v1/session/proof',
  ]);
  for (const r of owner) expect(await refused(await tv.call(r.method, r.path.replace('{id}', '01ARZ3NDEKTSV4RRFFQ69G5FAV').replace('{provider}', '1'))), r.path).toEqual([403, 'session.paired']);
  for (const path of ['home', 'profiles', 'devices', 'streams']) expect((await tv.call('GET', `/api/v1/${path}`)).status).toBe(200);
  expect((await phone.call('GET', '/api/v1/me/export')).status).toBe(200);
});

test('a television that was somebody else’s takes nothing of theirs along', async () => {
  const [tv, ana, ben] = [new Client(node), await joined(), await joined()];
  const first = await ask(tv);
  await decide(ana, first.user_code, true, 'Ana’s');
  expect((await poll(tv, first)).status).toBe(200);
  const device = (await ana.json('GET', '/api/v1/devices')).devices[0];
  const second = await ask(new Client(node), { device_id: device.id });
  await decide(ben, second.user_code);
  expect((await poll(tv, second)).status).toBe(200); /* with the cookie of before, which ends */
  expect((await ana.json('GET', '/api/v1/sessions')).sessions).toHaveLength(1);
  const theirs = (await ben.json('GET', '/api/v1/devices')).devices;
  expect([theirs.length, theirs[0].name, theirs[0].id === device.id]).toEqual([1, 'Chrome · TV', false]);
  expect((await ana.json('GET', '/api/v1/devices')).devices).toEqual([device]);
});

test('who polls too fast is slowed down, and an impatient one misses nothing', async () => {
  const [tv, phone] = [new Client(node), await joined()];
  const codes = await ask(tv);
  expect(await refused(await poll(tv, codes))).toEqual([400, 'authorization_pending']);
  expect((await decide(phone, codes.user_code)).status).toBe(204);
  expect(await refused(await poll(tv, codes))).toEqual([400, 'slow_down']);
  await patience(); /* ten seconds are due now */
  expect(await refused(await poll(tv, codes))).toEqual([400, 'slow_down']);
  await pause(15_000);
  expect((await poll(tv, codes)).status).toBe(200);
});

test('of many at the same instant one gets the session', async () => {
  const [tv, phone] = [new Client(node), await joined()];
  const codes = await ask(tv);
  await decide(phone, codes.user_code);
  const answers = await Promise.all(Array.from({ length: 6 }, () => poll(new Client(node), codes)));
  expect(answers.filter((r) => r.status === 200)).toHaveLength(1);
  for (const r of answers) if (r.status !== 200) expect(['slow_down', 'invalid_grant']).toContain((await refused(r))[1]);
  expect((await phone.json('GET', '/api/v1/sessions')).sessions).toHaveLength(2);
});

test('a refusal is told, and stands', async () => {
  const [tv, phone] = [new Client(node), await joined()];
  const codes = await ask(tv);
  expect((await decide(phone, codes.user_code, false)).status).toBe(204);
  expect(await refused(await decide(phone, codes.user_code))).toEqual([409, 'pairing.code_used']);
  expect(await refused(await poll(tv, codes))).toEqual([400, 'access_denied']);
  expect((await tv.call('GET', '/api/v1/session')).status).toBe(204);
});

test('a code ends, for the device and for the person, approved or not', async () => {
  const [tv, phone] = [new Client(node), await joined()];
  const [waiting, approved] = [await ask(tv), await ask(tv)];
  await decide(phone, approved.user_code);
  mainExec(node, `UPDATE device_grant SET expires_at = ${Date.now() - 1000}`);
  expect(await refused(await look(phone, waiting.user_code))).toEqual([409, 'pairing.code_expired']);
  expect(await refused(await decide(phone, waiting.user_code))).toEqual([409, 'pairing.code_expired']);
  for (const codes of [waiting, approved]) expect(await refused(await poll(tv, codes))).toEqual([400, 'expired_token']);
});

test('what was approved and not fetched ends with the session that approved it', async () => {
  const tv = new Client(node);
  const phone = await joined();
  const codes = await ask(tv);
  await decide(phone, codes.user_code);
  await phone.call('DELETE', '/api/v1/session');
  expect(await refused(await poll(tv, codes))).toEqual([400, 'access_denied']);
});

test('a code outlives a restart of the program', async () => {
  const [tv, phone] = [new Client(node), await joined()];
  const codes = await ask(tv);
  await node.stop();
  await node.start();
  expect((await decide(phone, codes.user_code)).status).toBe(204);
  expect((await poll(tv, codes)).status).toBe(200);
});

test('guessing ends after ten wrong codes, also from many requests at once, and owners of other accounts go on', async () => {
  const [guesser, phone, tv] = [await joined(), await joined(), new Client(node)];
  const codes = await ask(tv);
  const statuses = (await Promise.all(Array.from({ length: 14 }, () => look(guesser, 'BBBB-BBBB')))).map((r) => r.status);
  expect(statuses.filter((s) => s === 404)).toHaveLength(10);
  expect(statuses.filter((s) => s === 429)).toHaveLength(4);
  expect(await refused(await look(guesser, codes.user_code))).toEqual([429, 'pairing.too_many_codes']);
  expect(await refused(await decide(guesser, codes.user_code))).toEqual([429, 'pairing.too_many_codes']);
  expect((await look(phone, codes.user_code)).status).toBe(200);
});

test('nobody approves without being asked: signed out, from a child’s profile, from another page, by a link', async () => {
  const [tv, phone] = [new Client(node), await joined()];
  const codes = await ask(tv);
  expect((await look(new Client(node), codes.user_code)).status).toBe(401);
  expect((await decide(new Client(node), codes.user_code)).status).toBe(401);
  expect((await phone.call('GET', `/api/v1/device/decision?user_code=${codes.user_code}`)).status).toBe(405);
  expect((await phone.call('POST', '/api/v1/device/decision', { user_code: codes.user_code, approve: true }, { origin: 'https://evil.example' })).status).toBe(403);
  const kids = await phone.json('POST', '/api/v1/profiles', { name: 'Mia', kids: true, maturity: 12 });
  await phone.json('PUT', '/api/v1/session/profile', { profile: kids.id });
  expect(await refused(await decide(phone, codes.user_code))).toEqual([403, 'profile.kids']);
  expect(await refused(await poll(tv, codes))).toEqual([400, 'authorization_pending']);
});

test.describe('for clients written for RFC 8628', () => {
  const form = (path: string, body: Record<string, string>, headers: Record<string, string> = {}) =>
    fetch(node.url + path, { method: 'POST', body: new URLSearchParams(body), headers });
  const grant_type = 'urn:ietf:params:oauth:grant-type:device_code';
  async function error(r: Response): Promise<[number, string]> {
    expect(r.headers.get('content-type')).toMatch(/^application\/json/);
    return [r.status, (await r.json()).error];
  }

  test('forms are answered as OAuth says, and the session is a bearer token', async () => {
    const phone = await joined();
    const codes: Codes = await (await form('/api/v1/device/code', { client_id: 'a-native-app', scope: 'watch', audience: 'unknown parameters are ignored', name: 'Box & Co' })).json();
    const token = (more = {}) => form('/api/v1/device/token', { grant_type, device_code: codes.device_code, client_id: 'a-native-app', ...more });
    expect(await error(await token({ grant_type: 'password' }))).toEqual([400, 'unsupported_grant_type']);
    expect(await error(await token({ device_code: 'x'.repeat(43) }))).toEqual([400, 'invalid_grant']);
    expect(await error(await token())).toEqual([400, 'authorization_pending']);
    expect(await error(await token())).toEqual([400, 'slow_down']);
    expect(await (await look(phone, codes.user_code)).json()).toMatchObject({ kind: 'tv', name: 'Box & Co' });
    await decide(phone, codes.user_code);
    await pause(10_000);
    const r = await token();
    expect([r.status, r.headers.get('set-cookie')]).toEqual([200, null]);
    const { access_token, token_type, expires_in } = await r.json();
    expect([token_type, expires_in]).toEqual(['Bearer', 30 * 24 * 3600]);
    const bearer = { authorization: `Bearer ${access_token}` };
    const session = await fetch(`${node.url}/api/v1/session`, { headers: bearer });
    expect((await session.json()).account.email).toBe((await phone.json('GET', '/api/v1/session')).account.email);
    expect(session.headers.get('set-cookie')).toBeNull();
    expect((await fetch(`${node.url}/api/v1/home`, { headers: { authorization: `Bearer ${access_token}x` } })).status).toBe(401);
    expect((await fetch(`${node.url}/api/v1/home`, { headers: { authorization: `Basic ${access_token}` } })).status).toBe(401);
    expect((await fetch(`${node.url}/api/v1/session`, { method: 'DELETE', headers: bearer })).status).toBe(204);
    expect((await fetch(`${node.url}/api/v1/home`, { headers: bearer })).status).toBe(401);
    const log = node.tail();
    for (const secret of [access_token, codes.device_code]) expect(log).not.toContain(secret);
  });

  test('a library that knows only the standards finds nothing to complain of', async () => {
    const [as, client] = [{ issuer: node.url, device_authorization_endpoint: `${node.url}/api/v1/device/code`, token_endpoint: `${node.url}/api/v1/device/token` }, { client_id: 'a-native-app' }];
    const plain = { [oauth.allowInsecureRequests]: true };
    const phone = await joined();
    const begun = await oauth.processDeviceAuthorizationResponse(as, client, await oauth.deviceAuthorizationRequest(as, client, oauth.None(), new URLSearchParams({ scope: 'watch' }), plain));
    expect(begun.interval).toBe(5);
    const token = async () => await oauth.processDeviceCodeResponse(as, client, await oauth.deviceCodeGrantRequest(as, client, oauth.None(), begun.device_code, plain));
    await expect(token()).rejects.toMatchObject({ error: 'authorization_pending', status: 400 });
    await expect(token()).rejects.toMatchObject({ error: 'slow_down' });
    await decide(phone, begun.user_code);
    await pause(10_000);
    const got = await token();
    expect(got.token_type).toBe('bearer');
    expect((await oauth.protectedResourceRequest(got.access_token, 'GET', new URL(`${node.url}/api/v1/session`), undefined, undefined, plain)).status).toBe(200);
    await pause(10_000);
    await expect(token()).rejects.toMatchObject({ error: 'invalid_grant' });
  });

  test('what is no form and no JSON is refused in words', async () => {
    const r = await fetch(`${node.url}/api/v1/device/token`, { method: 'POST', body: 'a=%zz', headers: { 'content-type': 'application/x-www-form-urlencoded' } });
    expect((await refused(r))[0]).toBe(400);
    for (const body of ['device_code=a&device_code=b', '', '='.repeat(4000)])
      expect((await fetch(`${node.url}/api/v1/device/token`, { method: 'POST', body, headers: { 'content-type': 'application/x-www-form-urlencoded' } })).status).toBe(400);
    expect((await fetch(`${node.url}/api/v1/device/token`, { method: 'POST', body: 'x', headers: { 'content-type': 'text/plain' } })).status).toBe(415);
    expect((await fetch(`${node.url}/api/v1/session`, { method: 'POST', body: 'email=a&password=b', headers: { 'content-type': 'application/x-www-form-urlencoded' } })).status).toBe(415);
  });
});

test.describe('devices', () => {
  let film: { slug: string; title_id: string };
  test.beforeAll(async () => {
    await node.stop();
    await node.start({ args: ['--devices-max', '2', '--billing-test-gateway'] });
    film = node.import(clips.short(), '--title', 'Two screens');
  });
  /** One account; each call is one more browser of it. */
  function family() {
    const email = `kin-${Math.random().toString(36).slice(2)}@example.org`;
    const made = new Client(node).json('POST', '/api/v1/accounts', { email, password });
    return async (name: string) => {
      await made;
      const who = new Client(node);
      await who.json('POST', '/api/v1/session', { email, password });
      const device: Record<string, unknown> = { kind: 'web', name, codecs: ['avc1.640028', 'mp4a.40.2'], drm: ['org.w3.clearkey'] };
      const play = async () => {
        const r = await who.call('POST', '/api/v1/playback', { title_id: film.title_id, device });
        if (r.status === 201) device.id = (await r.clone().json()).device_id;
        return r;
      };
      return { who, play, device };
    };
  }

  test('one too many is told which there are, and plays once one was removed', async () => {
    const make = family();
    const [one, two, three, stranger] = [await make('One'), await make('Two'), await make('Three'), await family()('Elsewhere')];
    expect((await one.play()).status).toBe(201);
    expect((await two.play()).status).toBe(201);
    expect((await one.play()).status).toBe(201);
    const r = await three.play();
    const problem = await r.json();
    expect([r.status, problem.code]).toEqual([409, 'playback.too_many_devices']);
    expect(problem.detail).toMatch(/\w+ .*[.]$/);
    expect(problem.devices.map((d: { name: string }) => d.name).sort()).toEqual(['One', 'Two']);
    expect((await stranger.who.call('DELETE', `/api/v1/devices/${two.device.id}`)).status).toBe(404);
    expect((await stranger.who.call('PATCH', `/api/v1/devices/${two.device.id}`, { name: 'Mine' })).status).toBe(404);
    expect((await three.who.call('DELETE', `/api/v1/devices/${two.device.id}`)).status).toBe(204);
    expect((await two.who.call('GET', '/api/v1/session')).status).toBe(401);
    expect((await three.play()).status).toBe(201);
    const all = (await three.who.json('GET', '/api/v1/devices')).devices;
    expect(all.map((d: { name: string; counts: boolean }) => [d.name, d.counts]).sort()).toEqual([['One', true], ['Three', true]]);
  });

  test('five new ones at the same instant: two get in', async () => {
    const make = family();
    const all = await Promise.all([1, 2, 3, 4, 5].map((n) => make(`Browser ${n}`)));
    expect((await Promise.all(all.map((d) => d.play()))).map((r) => r.status).sort()).toEqual([201, 201, 409, 409, 409]);
  });

  test('a name given by hand stays whatever the device calls itself', async () => {
    const one = await family()('Chrome');
    await one.play();
    expect(await one.who.json('PATCH', `/api/v1/devices/${one.device.id}`, { name: ' Kitchen ' })).toMatchObject({ name: 'Kitchen', current: true });
    expect((await one.who.call('PATCH', `/api/v1/devices/${one.device.id}`, { name: '  ' })).status).toBe(400);
    one.device.name = 'Chrome 2';
    await one.play();
    expect((await one.who.json('GET', '/api/v1/devices')).devices[0].name).toBe('Kitchen');
  });

  test('a plan says how many, and how sharp', async () => {
    const operator = await (await joined()).become('operator');
    await operator.json('PUT', '/api/v1/operator/plans/small', { name: 'Small', level: 1, streams: 1, devices: 1, max_height: 240 });
    const { prices } = await operator.json('PUT', '/api/v1/operator/plans/small/prices', { months: 1, currency: 'EUR', amount_minor: 999 });
    await operator.json('PUT', '/api/v1/operator/offers/01ARZ3NDEKTSV4RRFFQ69G5FA1', { kind: 'plan', name: 'Catalogue', plan: 'small', title_ids: [film.title_id] });
    const make = family();
    const [one, two] = [await make('One'), await make('Two')];
    const key = { 'idempotency-key': crypto.randomUUID() };
    const paid = await one.who.call('POST', '/api/v1/subscription', { price_id: prices[0].id, country: 'DE', gateway: 'test', token: 'test_ok' }, key);
    expect([paid.status, await paid.text()]).toEqual([200, expect.any(String)]);
    // 240 lines were paid for: no manifest of this playback names a picture with more.
    const manifests = async (d: typeof one) => {
      const p = await (await d.play()).json();
      return await Promise.all([p.hls_url, p.dash_url].map(async (url) => await (await fetch(node.url + url)).text()));
    };
    const [free] = [await family()('Free')];
    await operator.json('PUT', '/api/v1/operator/offers/01ARZ3NDEKTSV4RRFFQ69G5FA2', { kind: 'avod', name: 'With advertising', title_ids: [film.title_id] });
    for (const text of await manifests(free)) expect(text).toMatch(/RESOLUTION=640x360|height="360"/);
    for (const text of await manifests(one)) {
      expect(text).toMatch(/RESOLUTION=\d+x240|height="240"/);
      expect(text).not.toMatch(/RESOLUTION=640x360|height="360"/);
    }
    const no = await two.play();
    expect([no.status, (await no.json()).code]).toEqual([409, 'playback.too_many_devices']);
  });
});
