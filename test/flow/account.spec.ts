// An account's own life over HTTP: the address proved, a forgotten password, another address, devices, profiles, kids.
import { expect, test } from '@playwright/test';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { clips } from '../lib/media.ts';
import { codeOf, Mailbox } from '../lib/mailbox.ts';
import { binary, Client, MatineeNode } from '../lib/node.ts';
import { App } from '../lib/totp.ts';

const password = 'a long enough password';
const login = { user: 'matinee', password: 'the mail password' };
const node = new MatineeNode();
const mailbox = new Mailbox(login);

test.describe.configure({ mode: 'serial' });
test.beforeAll(async () => {
  await mailbox.start();
  await node.start({
    args: ['--mail-url', `smtp://127.0.0.1:${mailbox.port}`, '--mail-plain', '--mail-user', login.user, '--mail-from', 'Kino Łódź <kino@example.org>'],
    env: { MATINEE_MAIL_PASSWORD: login.password },
  });
});
test.afterAll(async () => {
  await node.stop();
  await mailbox.stop();
  node.remove();
});

const someone = () => `ana-${Math.random().toString(36).slice(2)}@example.org`;
async function joined(lang = 'en'): Promise<{ who: Client; email: string }> {
  const email = someone();
  const who = new Client(node);
  await who.json('POST', '/api/v1/accounts', { email, password, lang });
  return { who, email };
}
async function refused(r: Response): Promise<[number, string]> {
  expect(r.headers.get('content-type')).toContain('application/problem+json');
  const problem = await r.json();
  expect(problem.detail).toMatch(/\w+ .*[.]$/);
  return [r.status, problem.code];
}
const signIn = (email: string, pass: string, who = new Client(node)) => who.call('POST', '/api/v1/session', { email, password: pass });

test.describe('letters', () => {
  test('a sign-up is welcomed in its language, and the link proves the address once', async () => {
    const { who, email } = await joined('de');
    expect((await who.json('GET', '/api/v1/session')).account.email_verified).toBe(false);
    const letter = await mailbox.to(email, /^Bestätigen Sie Ihre E-Mail-Adresse$/);
    expect(letter.from?.value[0]).toEqual({ name: 'Kino Łódź', address: 'kino@example.org' });
    expect(letter.text).toContain(`${node.url}/verify#code=`);
    const code = codeOf(letter);
    expect((await new Client(node).call('POST', '/api/v1/account/verification', { code })).status).toBe(204);
    expect((await who.json('GET', '/api/v1/session')).account.email_verified).toBe(true);
    expect(await refused(await new Client(node).call('POST', '/api/v1/account/verification', { code }))).toEqual([400, 'account.code_invalid']);
  });

  test('a forgotten password is chosen anew, and everybody else is out', async () => {
    const { who, email } = await joined();
    expect((await new Client(node).call('POST', '/api/v1/password-resets', { email: email.toUpperCase() })).status).toBe(204);
    const code = codeOf(await mailbox.to(email, /new password/));
    expect(await refused(await new Client(node).call('POST', '/api/v1/password-resets/confirm', { code, password: 'short' }))).toEqual([400, 'account.password_weak']);
    expect((await new Client(node).call('POST', '/api/v1/password-resets/confirm', { code, password: 'quite another one' })).status).toBe(204);
    expect((await who.call('GET', '/api/v1/session')).status).toBe(401);
    expect((await signIn(email, password)).status).toBe(401);
    expect((await signIn(email, 'quite another one')).status).toBe(200);
    await mailbox.to(email, /password was changed/);
    expect(await refused(await new Client(node).call('POST', '/api/v1/password-resets/confirm', { code, password: 'and yet another' }))).toEqual([400, 'account.code_invalid']);
  });

  test('asking for a password tells nothing of who has an account', async () => {
    const { email } = await joined();
    const answers = [];
    for (const address of [email, someone()]) {
      const r = await new Client(node).call('POST', '/api/v1/password-resets', { email: address });
      answers.push([r.status, await r.text(), [...r.headers.keys()].sort()]);
    }
    expect(answers[1]).toEqual(answers[0]);
  });

  test('another address counts once its own letter was answered, and the old one is told', async () => {
    const { who, email } = await joined();
    const next = someone();
    expect(await refused(await who.call('POST', '/api/v1/account/email', { email: next, password: 'not it, surely' }))).toEqual([403, 'session.wrong_credentials']);
    expect((await who.call('POST', '/api/v1/account/email', { email: next, password })).status).toBe(204);
    expect((await who.json('GET', '/api/v1/session')).account.email).toBe(email);
    const code = codeOf(await mailbox.to(next, /Confirm your new/));
    expect((await new Client(node).call('POST', '/api/v1/account/email/confirm', { code })).status).toBe(204);
    await mailbox.to(email, /address was changed/);
    expect((await signIn(email, password)).status).toBe(401);
    expect((await signIn(next, password)).status).toBe(200);
  });

  test('a new browser, a television and a second step: the owner is written to, in German, and about a known browser is not', async () => {
    const { who, email } = await joined('de');
    const agent = { 'user-agent': 'Mozilla/5.0 (Windows NT 10.0; rv:128.0) Gecko/20100101 Firefox/128.0' };
    const from = (headers: object) => new Client(node).call('POST', '/api/v1/session', { email, password }, { ...agent, ...headers });
    const cookie = (await from({})).headers.getSetCookie().find((c) => c.startsWith('matinee_browser='))!;
    expect(cookie).toMatch(/^matinee_browser=[\w-]{43};.*HttpOnly; SameSite=Lax/);
    const told = await mailbox.to(email, /^Neue Anmeldung in Ihrem Konto$/);
    expect(told.text).toMatch(/Am \d+\. \S+ 20\d\d um \d\d:\d\d Uhr \(UTC\).*: Firefox auf Windows\./);
    expect(String(told.html)).toContain('<html lang="de">');
    expect((await from({ cookie: cookie.split(';')[0]! })).status).toBe(200);

    const tv = new Client(node);
    const codes = await tv.json('POST', '/api/v1/device/code', { kind: 'tv', name: 'TV\r\n\r\nhttps://evil.example' });
    expect((await who.call('POST', '/api/v1/device/decision', { user_code: codes.user_code, approve: true })).status).toBe(204);
    expect((await tv.call('POST', '/api/v1/device/token', { device_code: codes.device_code })).status).toBe(200);
    const paired = await mailbox.to(email, /^Ein Fernseher wurde mit Ihrem Konto verbunden$/);
    expect(paired.text).toContain('ein Fernseher mit dem Namen „TV');
    expect(paired.text).not.toMatch(/evil\.example|^https/m);
    const { secret } = await who.json('POST', '/api/v1/second-factor', { password });
    await who.json('POST', '/api/v1/second-factor/confirm', { code: await new App(secret).next() });
    await mailbox.to(email, /zweiten Schritt/);
    expect(mailbox.letters.filter((l) => l.envelope.to.includes(email) && /Neue Anmeldung/.test(l.subject ?? ''))).toEqual([]);
  });

  test('nobody gets a header into a letter', async () => {
    for (const email of ['ana@example.org\r\nBcc: all@example.org', 'ana@example.org\nX: y', '"a\r\nb"@example.org']) {
      expect((await new Client(node).call('POST', '/api/v1/accounts', { email, password })).status).toBe(400);
      expect((await new Client(node).call('POST', '/api/v1/password-resets', { email })).status).toBe(400);
    }
    expect(mailbox.letters.filter((l) => l.envelope.to.includes('all@example.org'))).toEqual([]);
  });

  test('neither addresses nor codes nor the mail password are in the log', async () => {
    const { email } = await joined();
    const code = codeOf(await mailbox.to(email, /Confirm/));
    await new Client(node).call('POST', '/api/v1/account/verification', { code });
    const log = readFileSync(node.log, 'utf8');
    for (const secret of [email, code, login.password]) expect(log).not.toContain(secret);
    expect(readFileSync(`/proc/${node.pid}/cmdline`, 'utf8')).not.toContain(login.password);
  });

  test('a letter that the server refuses is sent later', async () => {
    mailbox.refuseNext = 1;
    const { email } = await joined();
    expect((await mailbox.to(email, /Confirm/, 60_000)).subject).toBeTruthy();
    expect(mailbox.refuseNext).toBeLessThanOrEqual(0);
  });

  test('without a mail server letters are files of the owner alone', async () => {
    const alone = await new MatineeNode().start();
    try {
      const email = someone();
      await new Client(alone).json('POST', '/api/v1/accounts', { email, password });
      const folder = join(alone.data, 'outbox');
      await expect.poll(() => { try { return readdirSync(folder).length; } catch { return 0; } }).toBe(1);
      expect(statSync(folder).mode & 0o777).toBe(0o700);
      const file = join(folder, readdirSync(folder)[0]!);
      expect(statSync(file).mode & 0o777).toBe(0o600);
      expect(readFileSync(file, 'utf8')).toContain(`To: <${email}>\r\n`);
    } finally {
      await alone.stop();
      alone.remove();
    }
  });
});

test.describe('where one is signed in', () => {
  test('is listed, and each can be signed out', async () => {
    const { who, email } = await joined();
    const [tv, phone] = [new Client(node), new Client(node)];
    for (const c of [tv, phone]) expect((await signIn(email, password, c)).status).toBe(200);
    const { sessions } = await who.json('GET', '/api/v1/sessions');
    expect(sessions).toHaveLength(3);
    expect(sessions.filter((s: { current: boolean }) => s.current)).toHaveLength(1);
    const theirs = (await tv.json('GET', '/api/v1/sessions')).sessions.find((s: { current: boolean }) => s.current);
    expect((await who.call('DELETE', `/api/v1/sessions/${theirs.id}`)).status).toBe(204);
    expect((await tv.call('GET', '/api/v1/session')).status).toBe(401);
    expect((await phone.call('GET', '/api/v1/session')).status).toBe(200);
    expect((await who.call('DELETE', '/api/v1/sessions')).status).toBe(204);
    expect((await phone.call('GET', '/api/v1/session')).status).toBe(401);
    expect((await who.call('GET', '/api/v1/session')).status).toBe(200);
  });

  test('is nobody else’s business', async () => {
    const [ana, ben] = [await joined(), await joined()];
    const mine = (await ana.who.json('GET', '/api/v1/sessions')).sessions[0];
    const profile = (await ana.who.json('GET', '/api/v1/profiles')).profiles[0];
    expect(await refused(await ben.who.call('DELETE', `/api/v1/sessions/${mine.id}`))).toEqual([404, 'session.not_found']);
    expect((await ben.who.call('PATCH', `/api/v1/profiles/${profile.id}`, { name: 'Ben was here' })).status).toBe(404);
    expect((await ben.who.call('DELETE', `/api/v1/profiles/${profile.id}`)).status).toBe(404);
    expect((await ben.who.call('PUT', `/api/v1/profiles/${profile.id}/pin`, { pin: '1234', password })).status).toBe(404);
    expect((await ben.who.call('PUT', '/api/v1/session/profile', { profile: profile.id })).status).toBe(404);
    expect((await ana.who.call('GET', '/api/v1/session')).status).toBe(200);
  });

  test('a new password signs every other device out', async () => {
    const { who, email } = await joined();
    const other = new Client(node);
    await signIn(email, password, other);
    const old = who.cookie;
    expect((await who.call('POST', '/api/v1/account/password', { current: password, password: 'the next password' })).status).toBe(200);
    expect((await who.call('GET', '/api/v1/session')).status).toBe(200);
    expect((await other.call('GET', '/api/v1/session')).status).toBe(401);
    const thief = new Client(node);
    thief.cookie = old;
    expect((await thief.call('GET', '/api/v1/session')).status).toBe(401);
  });
});

test.describe('profiles', () => {
  test('are made, changed, chosen and deleted', async () => {
    const { who } = await joined();
    const first = (await who.json('GET', '/api/v1/session')).profile;
    const made = await who.json('POST', '/api/v1/profiles', { name: ' Łukasz ', avatar: 'teal', lang: 'pl' });
    expect(made).toMatchObject({ name: 'Łukasz', avatar: 'teal', lang: 'pl', kids: false, maturity: 18, has_pin: false });
    expect(await who.json('PATCH', `/api/v1/profiles/${made.id}`, { autoplay_next: false })).toMatchObject({ name: 'Łukasz', autoplay_next: false });
    expect((await who.json('PUT', '/api/v1/session/profile', { profile: made.id })).profile.id).toBe(made.id);
    expect((await who.json('GET', '/api/v1/session')).profile.id).toBe(made.id);
    expect(await refused(await who.call('DELETE', `/api/v1/profiles/${made.id}`))).toEqual([409, 'profile.in_use']);
    await who.json('PUT', '/api/v1/session/profile', { profile: first.id });
    expect((await who.call('DELETE', `/api/v1/profiles/${made.id}`)).status).toBe(204);
    for (const bad of [{ name: '' }, { name: '   ' }, { name: 'x', avatar: 'http://evil' }, { name: 'x', maturity: 99 }, { name: 'x', roles: ['operator'] }])
      expect((await who.call('POST', '/api/v1/profiles', bad)).status).toBe(400);
  });

  test('a child stays in its profile and out of the account', async () => {
    const { who } = await joined();
    const adult = (await who.json('GET', '/api/v1/session')).profile;
    const kids = await who.json('POST', '/api/v1/profiles', { name: 'Mia', kids: true });
    expect(kids.maturity).toBe(12);
    await who.json('PUT', '/api/v1/session/profile', { profile: kids.id });
    for (const [method, path, body] of [
      ['POST', '/api/v1/profiles', { name: 'Not a child' }],
      ['PATCH', `/api/v1/profiles/${kids.id}`, { kids: false, password }],
      ['PUT', `/api/v1/profiles/${adult.id}/pin`, { pin: null, password }],
      ['DELETE', `/api/v1/profiles/${adult.id}`, undefined],
      ['GET', '/api/v1/sessions', undefined],
      ['GET', '/api/v1/me/export', undefined],
      ['DELETE', '/api/v1/me', { password }],
      ['POST', '/api/v1/account/email', { email: someone(), password }],
      ['POST', '/api/v1/account/password', { current: password, password: 'the child’s choice' }],
    ] as const)
      expect(await refused(await who.call(method, path, body)), `${method} ${path}`).toEqual([403, 'profile.kids']);
    expect(await refused(await who.call('PUT', '/api/v1/session/profile', { profile: adult.id }))).toEqual([403, 'profile.password_wanted']);
    expect((await who.call('PUT', '/api/v1/session/profile', { profile: adult.id, password })).status).toBe(200);
    expect(await refused(await who.call('PATCH', `/api/v1/profiles/${kids.id}`, { kids: false, maturity: 18 }))).toEqual([403, 'profile.password_wanted']);
    expect((await who.call('PATCH', `/api/v1/profiles/${kids.id}`, { kids: false, maturity: 18, password })).status).toBe(200);
  });

  test('a child sees, finds and plays nothing that is not for its age', async () => {
    const film = node.import(clips.short(), '--title', 'Night of the Owls');
    const { who } = await joined();
    const editor = new Client(node);
    execFileSync(binary, ['user', 'create', 'ed@example.org', '--role', 'viewer,editor', '--data', node.data], { input: password });
    await signIn('ed@example.org', password, editor);
    const kids = await who.json('POST', '/api/v1/profiles', { name: 'Mia', kids: true });
    const adult = (await who.json('GET', '/api/v1/session')).profile;
    const ask = { title_id: film.title_id, device: { kind: 'web', name: 'Flow', codecs: ['avc1.640028', 'mp4a.40.2'], drm: ['org.w3.clearkey'] } };
    const seen = async () => JSON.stringify([await who.json('GET', '/api/v1/home'), await who.json('GET', '/api/v1/titles?q=owls')]);
    expect(await seen()).toContain('Night of the Owls');
    await who.json('PUT', '/api/v1/session/profile', { profile: kids.id });
    /* Nobody has rated it: it is for adults. */
    expect(await seen()).not.toContain('Night of the Owls');
    expect((await who.call('GET', `/api/v1/titles/${film.slug}`)).status).toBe(404);
    expect(await refused(await who.call('POST', '/api/v1/playback', ask))).toEqual([403, 'playback.maturity']);
    expect((await who.call('PATCH', `/api/v1/titles/${film.title_id}`, { maturity: 0 })).status).toBe(403);
    expect((await editor.call('PATCH', `/api/v1/titles/${film.title_id}`, { maturity: 19 })).status).toBe(400);
    expect((await editor.json('PATCH', `/api/v1/titles/${film.title_id}`, { maturity: 12 })).maturity).toBe(12);
    expect(await seen()).toContain('Night of the Owls');
    expect((await who.call('POST', '/api/v1/playback', ask)).status).toBe(201);
    await editor.json('PATCH', `/api/v1/titles/${film.title_id}`, { maturity: 16 });
    expect(await refused(await who.call('POST', '/api/v1/playback', ask))).toEqual([403, 'playback.maturity']);
    await who.json('PUT', '/api/v1/session/profile', { profile: adult.id, password });
    expect((await who.call('POST', '/api/v1/playback', ask)).status).toBe(201);
  });

  test('a PIN keeps a profile to whoever knows it', async () => {
    const { who } = await joined();
    const mine = (await who.json('GET', '/api/v1/session')).profile;
    const other = await who.json('POST', '/api/v1/profiles', { name: 'Ben' });
    expect(await who.json('PUT', `/api/v1/profiles/${mine.id}/pin`, { pin: '4821', password })).toMatchObject({ has_pin: true });
    await who.json('PUT', '/api/v1/session/profile', { profile: other.id });
    const choose = (pin?: string) => who.call('PUT', '/api/v1/session/profile', { profile: mine.id, ...(pin ? { pin } : {}) });
    expect(await refused(await choose())).toEqual([403, 'profile.pin_wanted']);
    for (let i = 0; i < 4; i++) expect(await refused(await choose('0000'))).toEqual([403, 'profile.pin_wrong']);
    expect((await choose('4821')).status).toBe(200);
    await who.json('PUT', '/api/v1/session/profile', { profile: other.id });
    for (let i = 0; i < 5; i++) await choose('0000');
    expect(await refused(await choose('4821'))).toEqual([429, 'profile.too_many_pins']);
  });
});
