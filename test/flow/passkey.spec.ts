// Passkeys over HTTP with an authenticator of the test's own: what is verified, each field wrong by itself, and what an account
// may do with them.
import { expect, test } from '@playwright/test';
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { simpleParser, type ParsedMail } from 'mailparser';
import { Authenticator, type Alg, type Parts } from '../lib/authenticator.ts';
import { cacheForget } from '../lib/engine.ts';
import { Client, MatineeNode } from '../lib/node.ts';

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

const someone = () => `ana-${Math.random().toString(36).slice(2)}@example.org`;
const code = async (r: Response): Promise<[number, string]> => {
  const problem = await r.json();
  expect(problem.detail, JSON.stringify(problem)).toMatch(/\w+ .*[.]$/);
  return [r.status, problem.code];
};
async function joined(): Promise<{ who: Client; email: string }> {
  const email = someone();
  const who = new Client(node);
  await who.json('POST', '/api/v1/accounts', { email, password });
  return { who, email };
}
async function lettersTo(email: string): Promise<ParsedMail[]> {
  const dir = join(node.data, 'outbox');
  const all = await Promise.all(readdirSync(dir).filter((f) => f.endsWith('.eml')).map((f) => simpleParser(readFileSync(join(dir, f)))));
  return all.filter((l) => [l.to].flat().some((to) => to?.value.some((v) => v.address === email)));
}
const options = (who: Client, body: object = {}) => who.json('POST', '/api/v1/passkeys/options', body);
const signInOptions = () => new Client(node).json('POST', '/api/v1/passkeys/sign-in-options');
async function added(who: Client, alg: Alg = 'ES256', name = 'Phone'): Promise<Authenticator> {
  const key = new Authenticator(node.url, alg);
  await who.json('POST', '/api/v1/passkeys', { credential: key.create(await options(who)), name });
  return key;
}
const signIn = async (key: Authenticator, tamper?: (p: Parts) => void, who = new Client(node)) =>
  who.call('POST', '/api/v1/passkeys/sign-in', { credential: key.get(await signInOptions(), tamper) });
async function signedUp(): Promise<{ who: Client; email: string; key: Authenticator }> {
  const email = someone();
  const who = new Client(node);
  const key = new Authenticator(node.url);
  const o = await who.json('POST', '/api/v1/passkeys/sign-up-options', { email, name: 'Ana' });
  await who.json('POST', '/api/v1/passkeys/sign-up', { credential: key.create(o) });
  return { who, email, key };
}

for (const alg of ['ES256', 'EdDSA', 'RS256'] as const)
  test(`a passkey of ${alg} is added and signs in without an e-mail address`, async () => {
    const { who, email } = await joined();
    const key = await added(who, alg);
    const guest = new Client(node);
    const r = await signIn(key, undefined, guest);
    expect(r.status).toBe(200);
    expect((await r.json()).account.email).toBe(email);
    expect((await guest.json('GET', '/api/v1/session')).account.email).toBe(email);
    const list = await guest.json('GET', '/api/v1/passkeys');
    expect(list).toMatchObject({ password: true, passkeys: [{ name: 'Phone', suspect: false, synced: false }] });
    expect(list.passkeys[0].last_used_at).toBeTruthy();
  });

test('the options are what the standard says, and tell nothing of who has an account', async () => {
  const { who, email } = await joined();
  await added(who);
  const o = await options(who);
  expect(o).toMatchObject({
    rp: { id: 'localhost', name: 'Matinee' }, user: { name: email }, attestation: 'none',
    authenticatorSelection: { residentKey: 'required', requireResidentKey: true, userVerification: 'required' },
    excludeCredentials: [{ type: 'public-key', transports: ['internal', 'hybrid'] }],
  });
  expect(o.pubKeyCredParams.map((p: { alg: number }) => p.alg)).toEqual([-7, -8, -257]);
  expect(Buffer.from(o.challenge, 'base64url').length).toBe(32);
  const r = await signInOptions();
  expect(r).toMatchObject({ rpId: 'localhost', allowCredentials: [], userVerification: 'required' });
  expect(r.challenge).not.toBe((await signInOptions()).challenge);
});

test('somebody signs up without a password, proves the address later, and may choose a password', async () => {
  const { who, email, key } = await signedUp();
  const session = await who.json('GET', '/api/v1/session');
  expect(session).toMatchObject({ account: { email, email_verified: false }, profile: { name: 'Ana' } });
  expect(await who.json('GET', '/api/v1/passkeys')).toMatchObject({ password: false, passkeys: [{}] });
  expect((await signIn(key)).status).toBe(200);
  // No password is no empty password.
  for (const pass of [' ', 'x', password]) expect(await code(await new Client(node).call('POST', '/api/v1/session', { email, password: pass }))).toEqual([401, 'session.wrong_credentials']);
  expect((await who.call('POST', '/api/v1/account/password', { password })).status).toBe(200);
  expect((await new Client(node).call('POST', '/api/v1/session', { email, password })).status).toBe(200);
});

test('an address that is taken is told before a passkey is made, and cannot be taken afterwards', async () => {
  const email = someone();
  const late = new Client(node);
  const key = new Authenticator(node.url);
  const o = await late.json('POST', '/api/v1/passkeys/sign-up-options', { email });
  await new Client(node).json('POST', '/api/v1/accounts', { email, password });
  expect(await code(await late.call('POST', '/api/v1/passkeys/sign-up-options', { email: email.toUpperCase() }))).toEqual([409, 'account.email_taken']);
  expect(await code(await late.call('POST', '/api/v1/passkeys/sign-up', { credential: key.create(o) }))).toEqual([409, 'account.email_taken']);
  expect(await code(await signIn(key))).toEqual([401, 'passkey.unknown']);
});

const flip = (b: Buffer, at = b.length - 1) => Buffer.concat([b.subarray(0, at), Buffer.from([b[at]! ^ 1]), b.subarray(at + 1)]);
const lies: [string, string, (p: Parts) => void][] = [
  ['another ceremony', 'passkey.invalid', (p) => { p.client.type = 'webauthn.other'; }],
  ['another origin', 'passkey.origin', (p) => { p.client.origin = 'https://evil.example.org'; }],
  ['another port', 'passkey.origin', (p) => { p.client.origin = 'http://localhost:1'; }],
  ['a frame of another site', 'passkey.origin', (p) => { p.client.crossOrigin = true; }],
  ['a page above it of another site', 'passkey.origin', (p) => { p.client.topOrigin = 'https://evil.example.org'; }],
  ['a challenge that nobody gave', 'passkey.challenge', (p) => { p.client.challenge = randomBytes(32).toString('base64url'); }],
  ['another site\'s credential', 'passkey.origin', (p) => { p.rpId = 'example.org'; }],
  ['nobody there', 'passkey.not_verified', (p) => { p.flags &= ~1; }],
  ['nobody verified', 'passkey.not_verified', (p) => { p.flags &= ~4; }],
  ['backed up, though not eligible', 'passkey.invalid', (p) => { p.flags |= 16; }],
  ['bytes behind the end', 'passkey.invalid', (p) => { p.tail = Buffer.from([0]); }],
  ['extensions that are not there', 'passkey.invalid', (p) => { p.flags |= 128; }],
];

test('a registration with one thing wrong is refused', async () => {
  const { who } = await joined();
  const more: typeof lies = [
    ...lies,
    ['no credential in it', 'passkey.invalid', (p) => { p.flags &= ~64; }],
    ['attestation none with a statement', 'passkey.invalid', (p) => { p.statement.set('sig', Buffer.from('x')); }],
    ['an attestation nobody asked for', 'passkey.attestation', (p) => { p.format = 'fido-u2f'; }],
    ['a certificate nobody asked for', 'passkey.attestation', (p) => { p.format = 'packed'; p.statement.set('x5c', [Buffer.from('x')]); }],
    ['self attestation by another key', 'passkey.invalid', (p) => { p.format = 'packed'; p.signature = () => new Authenticator(node.url).get({ challenge: 'x' }).response.signature as never; }],
    ['self attestation of another algorithm', 'passkey.invalid', (p) => { p.format = 'packed'; p.statement.set('alg', -257); }],
    ['self attestation with a flipped bit', 'passkey.invalid', (p) => { const s = p.signature; p.format = 'packed'; p.signature = (t) => flip(s(t)); }],
    ['an algorithm we do not know', 'passkey.unsupported', (p) => { p.cose = new Map(p.cose).set(3, -35); }],
    ['an algorithm that is not the key\'s', 'passkey.unsupported', (p) => { p.cose = new Map(p.cose).set(3, -257); }],
    ['a point off the curve', 'passkey.unsupported', (p) => { p.cose = new Map(p.cose).set(-3, flip(p.cose.get(-3) as Buffer)); }],
    ['a short coordinate', 'passkey.unsupported', (p) => { p.cose = new Map(p.cose).set(-2, Buffer.alloc(31)); }],
    ['an empty credential id', 'passkey.invalid', (p) => { p.credentialId = Buffer.alloc(0); }],
  ];
  for (const [what, reason, tamper] of more) {
    const key = new Authenticator(node.url);
    const body = { credential: { ...key.create(await options(who), tamper), id: 'AAAA', rawId: 'AAAA' } };
    expect(await code(await who.call('POST', '/api/v1/passkeys', body)), what).toEqual([400, reason]);
  }
  const small = new Authenticator(node.url, 'RS256');
  const short = small.create(await options(who), (p) => { p.cose = new Map(p.cose).set(-1, (p.cose.get(-1) as Buffer).subarray(128)); });
  expect(await code(await who.call('POST', '/api/v1/passkeys', { credential: short }))).toEqual([400, 'passkey.unsupported']);
  expect((await who.json('GET', '/api/v1/passkeys')).passkeys).toEqual([]);
});

test('self attestation is what it says', async () => {
  const { who } = await joined();
  for (const alg of ['ES256', 'EdDSA', 'RS256'] as const) {
    const key = new Authenticator(node.url, alg);
    await who.json('POST', '/api/v1/passkeys', { credential: key.create(await options(who), (p) => { p.format = 'packed'; }) });
    expect((await signIn(key)).status).toBe(200);
  }
});

test('a sign-in with one thing wrong is refused, and the right one still works', async () => {
  const { who } = await joined();
  const other = await joined();
  const key = await added(who);
  const strange = await added(other.who);
  const more: typeof lies = [
    ...lies,
    ['a flipped bit', 'passkey.signature', (p) => { const s = p.signature; p.signature = (t) => flip(s(t)); }],
    ['no signature of it', 'passkey.signature', (p) => { p.signature = () => Buffer.from('nothing'); }],
    ['signed over something else', 'passkey.signature', (p) => { const s = p.signature; p.signature = (t) => s(flip(t)); }],
    ['a credential nobody knows', 'passkey.unknown', (p) => { p.credentialId = randomBytes(32); }],
    ['another\'s credential', 'passkey.unknown', (p) => { p.credentialId = strange.id; }],
    ['another\'s credential and handle', 'passkey.signature', (p) => { p.credentialId = strange.id; p.userHandle = Buffer.from(strange.user).toString('base64url'); }],
    ['another\'s handle', 'passkey.unknown', (p) => { p.userHandle = Buffer.from(strange.user).toString('base64url'); }],
    ['no handle', 'passkey.unknown', (p) => { p.userHandle = null; }],
    ['eligible for backup all at once', 'passkey.invalid', (p) => { p.flags |= 8; }],
  ];
  for (const [what, reason, tamper] of more) expect(await code(await signIn(key, tamper)), what).toEqual([reason === 'passkey.challenge' ? 400 : 401, reason]);
  expect((await signIn(key)).status).toBe(200);
});

test('a challenge is good once, for its purpose, for its session', async () => {
  const { who } = await joined();
  const key = await added(who);
  const credential = key.get(await signInOptions());
  expect((await new Client(node).call('POST', '/api/v1/passkeys/sign-in', { credential })).status).toBe(200);
  expect(await code(await new Client(node).call('POST', '/api/v1/passkeys/sign-in', { credential }))).toEqual([400, 'passkey.challenge']);
  // A failure spends it too.
  const o = await signInOptions();
  expect((await new Client(node).call('POST', '/api/v1/passkeys/sign-in', { credential: key.get(o, (p) => { p.flags = 1; }) })).status).toBe(401);
  expect(await code(await new Client(node).call('POST', '/api/v1/passkeys/sign-in', { credential: key.get(o) }))).toEqual([400, 'passkey.challenge']);
  // For adding, used for signing in, and the other way round.
  expect(await code(await new Client(node).call('POST', '/api/v1/passkeys/sign-in', { credential: key.get(await options(who)) }))).toEqual([400, 'passkey.challenge']);
  const fresh = new Authenticator(node.url);
  const wrong = fresh.create({ challenge: (await signInOptions()).challenge, user: { id: 'QQ' } });
  expect(await code(await who.call('POST', '/api/v1/passkeys', { credential: wrong }))).toEqual([400, 'passkey.challenge']);
  // Begun by another account, and by another session of the same one.
  const other = await joined();
  expect(await code(await who.call('POST', '/api/v1/passkeys', { credential: fresh.create(await options(other.who)) }))).toEqual([400, 'passkey.challenge']);
  const again = new Client(node);
  await signIn(key, undefined, again);
  expect(await code(await who.call('POST', '/api/v1/passkeys', { credential: fresh.create(await options(again)) }))).toEqual([400, 'passkey.challenge']);
  // Two at once: one of them.
  const both = key.get(await signInOptions());
  const answers = await Promise.all([1, 2, 3].map(() => new Client(node).call('POST', '/api/v1/passkeys/sign-in', { credential: both })));
  expect(answers.map((r) => r.status).sort()).toEqual([200, 400, 400]);
});

test('one credential is one account\'s', async () => {
  const { who } = await joined();
  const other = await joined();
  const key = await added(who);
  expect(await code(await other.who.call('POST', '/api/v1/passkeys', { credential: key.create(await options(other.who)) }))).toEqual([409, 'passkey.taken']);
});

test('a counter that goes back ends the passkey, and the owner is told', async () => {
  const { who, email, key } = await signedUp();
  await signIn(key);
  key.count -= 2;
  expect(await code(await signIn(key))).toEqual([401, 'passkey.cloned']);
  key.count += 10; // not even when it counts on
  expect(await code(await signIn(key))).toEqual([401, 'passkey.cloned']);
  expect((await who.json('GET', '/api/v1/passkeys')).passkeys).toMatchObject([{ suspect: true }]);
  await expect.poll(async () => (await lettersTo(email)).map((l) => l.subject)).toContain('One of your passkeys may have been copied');
  expect(readFileSync(node.log, 'utf8')).toContain('identity.passkey_cloned');
  // One that never counts is no copy.
  const still = new Authenticator(node.url);
  still.step = 0;
  await who.json('POST', '/api/v1/passkeys', { credential: still.create(await options(who)) });
  for (let i = 0; i < 2; i++) expect((await signIn(still)).status).toBe(200);
  const list = (await who.json('GET', '/api/v1/passkeys')).passkeys;
  await who.json('DELETE', `/api/v1/passkeys/${list[0].id}`);
});

test('the last way in stays, also when two go at once', async () => {
  const { who, key } = await signedUp();
  const only = (await who.json('GET', '/api/v1/passkeys')).passkeys[0].id;
  expect(await code(await who.call('DELETE', `/api/v1/passkeys/${only}`))).toEqual([409, 'account.last_way']);
  expect((await signIn(key)).status).toBe(200);
  await added(who);
  const ids = (await who.json('GET', '/api/v1/passkeys')).passkeys.map((p: { id: string }) => p.id);
  const gone = await Promise.all(ids.map((id: string) => who.call('DELETE', `/api/v1/passkeys/${id}`)));
  expect(gone.map((r) => r.status).sort()).toEqual([204, 409]);
  expect((await who.json('GET', '/api/v1/passkeys')).passkeys.length).toBe(1);
});

test('a passkey is renamed and removed by its owner alone', async () => {
  const { who, email } = await joined();
  const other = await joined();
  const key = await added(who);
  const id = (await who.json('GET', '/api/v1/passkeys')).passkeys[0].id;
  expect(await who.json('PATCH', `/api/v1/passkeys/${id}`, { name: '  Blue key ' })).toMatchObject({ id, name: 'Blue key' });
  for (const [method, body] of [['PATCH', { name: 'Mine' }], ['DELETE', undefined]] as const)
    expect(await code(await other.who.call(method, `/api/v1/passkeys/${id}`, body))).toEqual([404, 'passkey.not_found']);
  expect((await who.call('DELETE', `/api/v1/passkeys/${id}`)).status).toBe(204);
  expect(await code(await signIn(key))).toEqual([401, 'passkey.unknown']);
  expect((await new Client(node).call('POST', '/api/v1/session', { email, password })).status).toBe(200);
});

test('who holds an old session adds no way in without the password', async () => {
  const { who, email } = await joined();
  expect((await options(who)).user.name).toBe(email);
  await node.stop(); // who is fresh is forgotten, as after ten minutes; test/unit moves the clock
  cacheForget(node.data);
  await node.start();
  expect(await code(await who.call('POST', '/api/v1/passkeys/options', {}))).toEqual([403, 'session.not_fresh']);
  expect(await code(await who.call('POST', '/api/v1/passkeys/options', { password: 'not it, surely' }))).toEqual([403, 'session.wrong_credentials']);
  expect((await options(who, { password })).user.name).toBe(email);
  expect(await code(await new Client(node).call('POST', '/api/v1/passkeys/options', {}))).toEqual([401, 'unauthenticated']);
});

test('where there is no password, a passkey that is used again stands for it, and only one of the account', async () => {
  const { who, key } = await signedUp();
  const stranger = await signedUp();
  const mine = (await who.json('GET', '/api/v1/profiles')).profiles[0].id;
  const child = await who.json('POST', '/api/v1/profiles', { name: 'Kid', kids: true });
  await node.stop(); // nobody is fresh any more
  cacheForget(node.data);
  await node.start();
  const pin = () => who.call('PUT', `/api/v1/profiles/${mine}/pin`, { pin: '4711' });
  const prove = async (with_: Authenticator) => who.call('POST', '/api/v1/session/proof', { credential: with_.get(await signInOptions()) });
  expect((await pin()).status).toBe(403);
  expect((await prove(stranger.key)).status).toBe(403);
  expect((await pin()).status).toBe(403);
  const used = { credential: key.get(await signInOptions()) };
  expect((await who.call('POST', '/api/v1/session/proof', used)).status).toBe(204);
  expect((await who.call('POST', '/api/v1/session/proof', used)).status).not.toBe(204); // a challenge serves once
  expect((await pin()).status).toBe(200);
  expect((await who.call('PUT', `/api/v1/profiles/${mine}/pin`, { pin: null })).status).toBe(200);
  // Out of a child's profile: with the account's passkey, in the same request.
  await who.json('PUT', '/api/v1/session/profile', { profile: child.id });
  const leave = async (with_?: Authenticator) => who.call('PUT', '/api/v1/session/profile', { profile: mine, ...(with_ && { credential: with_.get(await signInOptions()) }) });
  expect((await leave()).status).toBe(403);
  expect((await leave(stranger.key)).status).toBe(403);
  expect((await who.json('GET', '/api/v1/session')).profile.id).toBe(child.id);
  expect((await leave(key)).status).toBe(200);
  expect((await who.json('GET', '/api/v1/session')).profile.id).toBe(mine);
});

test('a letter that proves an address for the first time sends squatters away', async () => {
  const { email, key } = await signedUp(); // by somebody who does not own the address
  expect((await new Client(node).call('POST', '/api/v1/password-resets', { email })).status).toBe(204);
  let reset: string | undefined;
  await expect.poll(async () => (reset = (await lettersTo(email)).map((l) => /reset-password#code=([\w-]{43})/.exec(l.text ?? '')?.[1]).find(Boolean))).toBeTruthy();
  expect((await new Client(node).call('POST', '/api/v1/password-resets/confirm', { code: reset, password: 'the owner chose it' })).status).toBe(204);
  expect(await code(await signIn(key))).toEqual([401, 'passkey.unknown']);
  expect((await new Client(node).call('POST', '/api/v1/session', { email, password: 'the owner chose it' })).status).toBe(200);
});

test('what is no credential is refused with a reason, and nothing falls over', async () => {
  const { who } = await joined();
  for (const credential of [{}, 7, null, { id: '', type: 'public-key', response: {} }, { id: 'AA', type: 'password', response: {} }, { id: 'A'.repeat(3000), type: 'public-key', response: {} }])
    expect((await who.call('POST', '/api/v1/passkeys', { credential })).status).toBe(400);
  const key = new Authenticator(node.url);
  const good = key.create(await options(who));
  const bytes = Buffer.from(good.response.attestationObject, 'base64url');
  for (let n = 0; n < bytes.length; n += 12) {
    const response = { ...good.response, attestationObject: bytes.subarray(0, n).toString('base64url') || 'AA' };
    expect((await who.call('POST', '/api/v1/passkeys', { credential: { ...good, response } })).status).toBe(400);
  }
});

test('the export names passkeys, and an account without a password can be erased', async () => {
  const { who, key } = await signedUp();
  const data = await who.json('GET', '/api/v1/me/export');
  expect(JSON.stringify(data)).toContain(key.id.toString('base64url'));
  const gone = await who.call('DELETE', '/api/v1/me', {});
  expect(gone.status).toBe(204);
  expect(await code(await signIn(key))).toEqual([401, 'passkey.unknown']);
});
