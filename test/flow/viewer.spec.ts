// A viewer's way over HTTP, against the real program and the real nginx: in, the page, Play, keys, resume, out and gone.
import { expect, test } from '@playwright/test';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, renameSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { clips } from '../lib/media.ts';
import { binary, Client, MatineeNode } from '../lib/node.ts';

const password = 'a long enough password';
const device = { kind: 'web', name: 'Flow', codecs: ['avc1.640028', 'mp4a.40.2'], drm: ['org.w3.clearkey'] };
const node = new MatineeNode();
let film: { slug: string; title_id: string; asset_id: string };

test.describe.configure({ mode: 'serial' });
test.beforeAll(async () => {
  await node.start();
  film = node.import(clips.short(), '--title', 'Été à Łódź', '--lang', 'fr');
});
test.afterAll(async () => {
  await node.stop();
  node.remove();
});

const someone = () => `ana-${Math.random().toString(36).slice(2)}@example.org`;
const viewer = () => new Client(node).signUp();
async function refused(r: Response): Promise<[number, string]> {
  expect(r.headers.get('content-type')).toContain('application/problem+json');
  const problem = await r.json();
  expect(problem.detail).toMatch(/\w+ .*[.]$/); // a sentence a person can act on
  return [r.status, problem.code];
}
const play = (who: Client, more: object = {}) =>
  who.call('POST', '/api/v1/playback', { title_id: film.title_id, device: { ...device, ...more } });
const played = async (who: Client) => {
  const r = await play(who);
  expect(r.status).toBe(201);
  return await r.json();
};
const kidOf = (mpd: string) => Buffer.from(/default_KID="([^"]+)"/.exec(mpd)![1]!.replaceAll('-', ''), 'hex').toString('base64url');

test.describe('signing in', () => {
  test('an account is made once, whatever the case of its address', async () => {
    const email = someone();
    const first = new Client(node);
    const made = await first.call('POST', '/api/v1/accounts', { email: ` ${email.toUpperCase()} `.trim(), password, lang: 'fr' });
    expect(made.status).toBe(201);
    const session = await made.json();
    expect(session).toMatchObject({ account: { email, roles: ['viewer'] }, profile: { lang: 'fr' } });
    expect(Date.parse(session.expires_at)).toBeGreaterThan(Date.now() + 29 * 86_400_000);
    expect(await refused(await new Client(node).call('POST', '/api/v1/accounts', { email, password }))).toEqual([409, 'account.email_taken']);
    expect(await (await first.call('GET', '/api/v1/session')).json()).toMatchObject({ account: { email } });
  });

  test('a weak password and a wrong address are named by their field', async () => {
    for (const [body, code, field] of [
      [{ email: someone(), password: 'password1' }, 'account.password_weak', 'password'],
      [{ email: someone(), password: 'short' }, 'account.password_weak', 'password'],
      [{ email: 'nobody', password }, '', 'email'],
    ] as const) {
      const r = await new Client(node).call('POST', '/api/v1/accounts', body);
      const problem = await r.json();
      expect(r.status).toBe(400);
      if (code) expect(problem.code).toBe(code);
      expect(problem.errors.map((e: { field: string }) => e.field)).toContain(field);
    }
  });

  test('a wrong password and an unknown address are answered alike', async () => {
    const email = someone();
    await new Client(node).json('POST', '/api/v1/accounts', { email, password });
    const wrong = await new Client(node).call('POST', '/api/v1/session', { email, password: 'not this one' });
    const unknown = await new Client(node).call('POST', '/api/v1/session', { email: someone(), password });
    const [a, b] = [await wrong.json(), await unknown.json()];
    for (const problem of [a, b]) delete problem.request_id;
    expect([wrong.status, a.code]).toEqual([401, 'session.wrong_credentials']);
    expect(b).toEqual(a);
  });

  test('a sign-in makes a new session and ends the one it came with', async () => {
    const email = someone();
    const who = new Client(node);
    await who.json('POST', '/api/v1/accounts', { email, password });
    const old = who.cookie;
    expect((await new Client(node).call('GET', '/api/v1/session')).status, 'nobody has signed in').toBe(204);
    const r = await who.call('POST', '/api/v1/session', { email, password });
    expect(r.status).toBe(200);
    expect(r.headers.getSetCookie()[0]).toMatch(/^matinee_session=[\w-]{43};.*HttpOnly.*SameSite=Lax/);
    expect(who.cookie).not.toBe(old);
    const thief = new Client(node);
    thief.cookie = old;
    expect(await refused(await thief.call('GET', '/api/v1/session'))).toEqual([401, 'unauthenticated']);
  });

  test('signing out ends the session on the server, not only in the browser', async () => {
    const who = await viewer();
    const kept = who.cookie;
    expect((await who.call('DELETE', '/api/v1/session')).status).toBe(204);
    who.cookie = kept;
    expect((await who.call('GET', '/api/v1/home')).status).toBe(401);
  });

  test('another site cannot act for who is signed in', async () => {
    const who = await viewer();
    const r = await who.call('DELETE', '/api/v1/me', { password }, { origin: 'https://evil.example' });
    expect(r.status).toBe(403);
    expect((await who.call('GET', '/api/v1/session')).status).toBe(200);
  });

  test('guessing a password is stopped', async () => {
    const email = someone();
    await new Client(node).json('POST', '/api/v1/accounts', { email, password });
    let last: [number, string] = [0, ''];
    for (let i = 0; i < 11; i++) last = await refused(await new Client(node).call('POST', '/api/v1/session', { email, password: `guess ${i} of many` }));
    expect(last).toEqual([429, 'session.too_many_attempts']);
  });
});

test.describe('what there is to watch', () => {
  test('is for who is signed in', async () => {
    for (const path of ['/api/v1/home', '/api/v1/titles', `/api/v1/titles/${film.slug}`, '/api/v1/me/export'])
      expect(await refused(await new Client(node).call('GET', path))).toEqual([401, 'unauthenticated']);
  });

  test('the page shows the film in a row and as the hero, with pictures that load', async () => {
    const page = await (await viewer()).json('GET', '/api/v1/home');
    expect(page.hero.title.slug).toBe(film.slug);
    expect(page.rows.map((r: { id: string }) => r.id)).toEqual(['new']);
    const card = page.rows[0].items[0];
    expect(card).toMatchObject({ name: 'Été à Łódź', slug: 'ete-a-lodz', runtime_s: 12, max_height: 360, progress: null });
    expect(card.poster.color).toMatch(/^#[0-9a-f]{6}$/);
    for (const image of [card.poster, page.hero.backdrop, ...card.poster.srcset]) {
      const r = await fetch(node.url + image.src);
      expect([r.status, r.headers.get('content-type')]).toEqual([200, 'image/jpeg']);
    }
  });

  test('search forgives case and accents', async () => {
    const who = await viewer();
    for (const [q, n] of [['ete a lodz', 1], ['ÉTÉ', 1], ['łódź', 1], ['bunny', 0]] as const)
      expect((await who.json('GET', `/api/v1/titles?q=${encodeURIComponent(q)}`)).items).toHaveLength(n);
  });

  test('an editor takes a title back and viewers no longer find it', async () => {
    const email = someone();
    execFileSync(binary, ['user', 'create', email, '--role', 'editor', '--data', node.data], { input: password + '\n' });
    const editor = new Client(node);
    await editor.json('POST', '/api/v1/session', { email, password });
    const who = await viewer();
    const change = (by: Client, body: object) => by.call('PATCH', `/api/v1/titles/${film.title_id}`, body);
    expect((await change(who, { published: false })).status).toBe(403);
    expect((await change(editor, { published: false, year: 2024 })).status).toBe(200);
    expect(await refused(await who.call('GET', `/api/v1/titles/${film.slug}`))).toEqual([404, 'catalog.title_not_found']);
    expect((await who.json('GET', '/api/v1/titles')).items).toEqual([]);
    expect(await refused(await play(who))).toEqual([403, 'playback.not_published']);
    expect((await play(editor)).status).toBe(201);
    expect((await editor.json('GET', `/api/v1/titles/${film.slug}`)).published).toBe(false);
    expect((await change(editor, { year: 12 })).status).toBe(400);
    expect((await change(editor, { published: true, synopsis: 'What happens.' })).status).toBe(200);
    expect(await who.json('GET', `/api/v1/titles/${film.slug}`)).toMatchObject({ year: 2024, synopsis: 'What happens.', published: true });
  });
});

test.describe('Play', () => {
  test('refuses with a stable code', async () => {
    const who = await viewer();
    expect(await refused(await play(new Client(node)))).toEqual([401, 'playback.signed_out']);
    expect(await refused(await play(who, { drm: [] }))).toEqual([403, 'playback.device_unsupported']);
    expect(await refused(await play(who, { codecs: ['vp09.00.10.08'] }))).toEqual([403, 'playback.device_unsupported']);
    const absent = await who.call('POST', '/api/v1/playback', { title_id: '01J00000000000000000000000', device });
    expect(await refused(absent)).toEqual([404, 'playback.not_found']);
  });

  test('answers with manifests and segments that the token opens, and nothing else does', async () => {
    const p = await played(await viewer());
    expect(p).toMatchObject({ asset_id: film.asset_id, protected: true, resume_s: 0, duration_s: 12, heartbeat: { every_s: 10 } });
    const base = p.hls_url.replace(/main\.m3u8$/, '');
    const get = (path: string) => fetch(node.url + path);
    expect(await (await get(p.hls_url)).text()).toMatch(/^#EXTM3U/);
    expect(await (await get(p.dash_url)).text()).toContain('<MPD');
    for (const [path, type] of [['v1/init.mp4', 'video/mp4'], ['v1/0.m4s', 'video/mp4'], ['a1/0.m4s', 'audio/mp4'], ['i1/0.jpg', 'image/jpeg']] as const) {
      const r = await get(base + path);
      expect([path, r.status, r.headers.get('content-type')]).toEqual([path, 200, type]);
      expect((await r.arrayBuffer()).byteLength).toBeGreaterThan(100);
    }
    expect(p.storyboard.url_template).toBe(`${base}i1/{n}.jpg`);
    expect((await get(base + 'v9.m3u8')).status).toBe(404);
    const token = base.split('/')[2]!;
    const bent = (token[40] === 'A' ? 'B' : 'A') + token.slice(41);
    for (const path of [
      base.replace(token, token.slice(0, 40) + bent) + 'v1/0.m4s',
      base.replace(`/${film.asset_id}/`, '/01J00000000000000000000000/') + 'v1/0.m4s',
      base.replace('/d/', '/h240/') + 'main.m3u8',
      `/${base.split('/').slice(3).join('/')}v1/0.m4s`,
    ]) {
      const r = await get(path);
      expect(r.headers.get('content-type')).not.toContain('video');
      if (path.startsWith('/m/')) expect([path.length, r.status]).toEqual([path.length, 403]);
    }
    expect((await get(`/internal/manifest/${film.asset_id}/d/main.m3u8`)).headers.get('content-type')).not.toContain('mpegurl');
  });

  test('a small device gets a small view and no key beyond it', async () => {
    const who = await viewer();
    const p = await (await play(who, { max_height: 240 })).json();
    expect(p.hls_url).toContain('/h240/');
    expect(await (await fetch(node.url + p.hls_url)).text()).not.toContain('640x360');
  });

  test('the licence opens to the grant, and to nothing that was changed', async () => {
    const p = await played(await viewer());
    const mpd = await (await fetch(node.url + p.dash_url)).text();
    const ask = (url: string, body: unknown) => fetch(node.url + url, { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body) });
    const kid = kidOf(mpd);
    const r = await ask(p.licence.url, { kids: [kid], type: 'temporary' });
    expect([r.status, r.headers.get('access-control-allow-origin'), r.headers.get('cache-control')]).toEqual([200, '*', 'private, no-store']);
    const preflight = await fetch(node.url + p.licence.url, { method: 'OPTIONS', headers: { origin: 'https://player.example', 'access-control-request-method': 'POST', 'access-control-request-headers': 'content-type' } });
    expect([preflight.status, preflight.headers.get('access-control-allow-headers')]).toEqual([204, 'Content-Type, SOAPAction']);
    const licence = await r.json();
    expect(licence).toMatchObject({ type: 'temporary', keys: [{ kty: 'oct', kid }] });
    expect(Buffer.from(licence.keys[0].k, 'base64url')).toHaveLength(16);
    expect(await refused(await ask(p.licence.url + 'A', { kids: [kid] }))).toEqual([403, 'licence.grant_forged']);
    expect(await refused(await ask(p.licence.url.replace('.play.', '.download.'), { kids: [kid] }))).toEqual([403, 'licence.grant_forged']);
    expect(await refused(await ask(p.licence.url, { kids: ['AAAAAAAAAAAAAAAAAAAAAA'] }))).toEqual([403, 'licence.key_not_granted']);
    expect(await refused(await ask(p.licence.url, 'kids'))).toEqual([400, 'licence.request_malformed']);
  });

  test('another device resumes where the first one stopped, and nobody else does', async () => {
    const email = someone();
    const phone = new Client(node);
    await phone.json('POST', '/api/v1/accounts', { email, password });
    const tv = new Client(node);
    await tv.json('POST', '/api/v1/session', { email, password });
    const other = await viewer();
    const p = await played(phone);
    const beat = (who: Client, position_s: number, state = 'playing') =>
      who.call('POST', p.heartbeat.url, { position_s, state, at: new Date().toISOString() });
    expect((await beat(phone, 6.5)).status).toBe(204);
    expect(await refused(await beat(other, 2))).toEqual([404, 'playback.not_found']);
    expect((await beat(phone, -1)).status).toBe(400);
    expect((await beat(phone, 3, 'dancing')).status).toBe(400);
    expect((await played(tv)).resume_s).toBe(6.5);
    expect((await played(other)).resume_s).toBe(0);
    const page = await tv.json('GET', '/api/v1/home');
    expect(page.rows[0]).toMatchObject({ id: 'continue', items: [{ slug: film.slug, progress: { position_s: 6.5, duration_s: 12 } }] });
    expect((await other.json('GET', '/api/v1/home')).rows[0].id).toBe('new');
    expect((await tv.json('GET', `/api/v1/titles/${film.slug}`)).progress.position_s).toBe(6.5);
    expect((await beat(phone, 12, 'ended')).status).toBe(204);
    expect((await played(tv)).resume_s).toBe(0);
  });
});

test.describe("a person's data", () => {
  test('is exported whole and erased for good', async () => {
    const email = someone();
    const who = new Client(node);
    await who.json('POST', '/api/v1/accounts', { email, password, name: 'Ana' });
    const p = await played(who);
    await who.call('POST', p.heartbeat.url, { position_s: 6, state: 'paused' });
    const at = new Date().toISOString();
    const events = { version: 1, sent_at: at, events: [{ id: 'flow-event-1', at, name: 'title.shown', impression: { row: 'new', row_index: 0, position: 0, title_id: film.title_id } }] };
    for (let i = 0; i < 2; i++) expect((await who.call('POST', '/api/v1/client-events', events)).status).toBe(204);
    const out = await who.json('GET', '/api/v1/me/export');
    expect(out.identity).toMatchObject({ email, profiles: [{ name: 'Ana' }], devices: [{ name: 'Flow' }] });
    expect(out.viewing.progress).toMatchObject([{ title_id: film.title_id, position_s: 6 }]);
    expect(out.playback.playbacks).toMatchObject([{ id: p.id, state: 'paused' }]);
    expect(out.analytics.events).toMatchObject([{ id: 'flow-event-1', impression: { row: 'new', row_index: 0 } }]);
    expect(JSON.stringify(out)).not.toContain('argon2');

    expect(await refused(await who.call('DELETE', '/api/v1/me', { password: 'not mine at all' }))).toEqual([403, 'session.wrong_credentials']);
    expect((await who.call('DELETE', '/api/v1/me', { password })).status).toBe(204);
    expect((await new Client(node).call('POST', '/api/v1/session', { email, password })).status).toBe(401);
    expect((await new Client(node).call('POST', '/api/v1/accounts', { email, password })).status).toBe(201); // the address is free again
  });

  test('a batch of events that is wrong is refused', async () => {
    const who = await viewer();
    const at = new Date().toISOString();
    for (const body of [{ version: 2, sent_at: at, events: [] }, { version: 1, sent_at: at, events: [{ id: 'x' }] }, { version: 1, sent_at: at, events: Array(201).fill({ id: 'flow-event-2', at, name: 'x' }) }])
      expect((await who.call('POST', '/api/v1/client-events', body)).status).toBe(400);
  });
});

test('keys of path tokens rotate while people watch', async () => {
  const who = await viewer();
  const before = await played(who);
  const file = join(node.data, 'token.keys');
  const [kid, secret] = [randomBytes(8), randomBytes(32)];
  writeFileSync(`${file}.new`, `${kid.toString('hex')} ${secret.toString('hex')}\n` + readFileSync(file, 'utf8'), { mode: 0o600 });
  const settled = Date.now() / 1000 - 1200; // written twenty minutes ago: the front has had its time
  utimesSync(`${file}.new`, settled, settled);
  renameSync(`${file}.new`, file);
  let after = await played(who);
  await expect.poll(async () => Buffer.from((after = await played(who)).hls_url.split('/')[2], 'base64url').includes(kid), { timeout: 5000 }).toBe(true);
  await expect.poll(async () => (await fetch(node.url + after.hls_url)).status, { timeout: 5000 }).toBe(200);
  expect((await fetch(node.url + before.hls_url)).status).toBe(200);
});

test('no log holds a password, a session, a token or a grant', async () => {
  const who = await viewer();
  const p = await played(who);
  await fetch(node.url + p.hls_url);
  await fetch(node.url + p.licence.url, { method: 'POST', body: '{' });
  const secrets = [password, who.cookie.split('=')[1]!, p.hls_url.split('/')[2]!, p.licence.url.split('.').at(-1)!];
  const files = readdirSync(node.data, { recursive: true, encoding: 'utf8' }).map((f) => join(node.data, f)).filter((f) => /log$/.test(f) && statSync(f).isFile());
  expect(files.length).toBeGreaterThan(0);
  for (const file of [node.log, ...files]) {
    const text = readFileSync(file, 'latin1');
    for (const secret of secrets) expect([file, text.includes(secret)]).toEqual([file, false]);
  }
});
