// Signing in through a real OpenID provider: what a person sees, and every answer that must not be believed.
import { expect, test } from '@playwright/test';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { MatineeNode, freePort } from '../lib/node.ts';
import { keyMake, OpenIdProvider, Walker, type Token } from '../lib/provider.ts';

const password = 'a long enough password';
const node = new MatineeNode();
const provider = new OpenIdProvider();

test.describe.configure({ mode: 'serial' });
test.beforeAll(async () => {
  node.port = await freePort();
  await provider.start(`${node.url}/sign-in/oidc/1`, `${node.url}/sign-in/oidc/2`);
  const file = node.data + '.secret';
  writeFileSync(file, provider.client.secret + '\n');
  await node.start({
    args: ['--oidc-issuer', provider.issuer, '--oidc-client-id', provider.client.id, '--oidc-label', 'Kinohaus', '--oidc-2-issuer', provider.issuer, '--oidc-2-client-id', provider.client.id,
      '--oidc-2-client-secret-file', file],
    env: { MATINEE_OIDC_CLIENT_SECRET: provider.client.secret },
  });
});
test.afterAll(async () => {
  await node.stop();
  await provider.stop();
  rmSync(node.data + '.secret', { force: true });
  node.remove();
});
test.beforeEach(() => {
  provider.lie = undefined;
  provider.published = undefined;
  const name = Math.random().toString(36).slice(2);
  provider.person = { sub: `person-${name}`, email: `${name}@example.org`, email_verified: true, name: 'Ana Löwe' };
});
const code = async (r: Response): Promise<[number, string]> => {
  const problem = await r.json();
  expect(problem.detail, JSON.stringify(problem)).toMatch(/\w+ .*[.]$/);
  return [r.status, problem.code];
};
const fresh = () => new Walker(node);

test('a person of the provider has an account with a verified address, and comes back to it', async () => {
  expect(await fresh().json('GET', '/api/v1/oidc/providers')).toEqual({ providers: [{ number: 1, label: 'Kinohaus' }, { number: 2, label: `localhost:${provider.port}` }] });
  const first = fresh();
  const r = await first.finish(await first.away());
  const session = await r.json();
  expect(r.status, JSON.stringify(session)).toBe(200);
  expect(session).toMatchObject({ account: { email: provider.person.email, email_verified: true }, profile: { name: 'Ana Löwe' } });
  // The same (issuer, subject), whatever the address is now.
  provider.person.email = 'moved-' + provider.person.email;
  const again = fresh();
  expect((await (await again.finish(await again.away())).json()).account.id).toBe(session.account.id);
  expect((await again.json('GET', '/api/v1/account-links')).links).toMatchObject([{ label: 'Kinohaus', issuer: provider.issuer, email: provider.person.email }]);
  expect((await again.json('GET', '/api/v1/passkeys')).password).toBe(false);
  // Signing out ends our session.
  await again.json('DELETE', '/api/v1/session');
  expect((await again.api('GET', '/api/v1/account-links')).status).toBe(401);
});

test('the browser is sent with PKCE, state and nonce, each new', async () => {
  const who = fresh();
  const seen = new Set<string>();
  for (let i = 0; i < 2; i++) {
    const url = new URL((await who.json('POST', '/api/v1/oidc/providers/1/authorization')).url);
    const q = Object.fromEntries(url.searchParams);
    expect(q).toMatchObject({ response_type: 'code', client_id: 'matinee', redirect_uri: `${node.url}/sign-in/oidc/1`, code_challenge_method: 'S256', scope: 'openid email profile' });
    for (const name of ['state', 'nonce', 'code_challenge']) {
      expect(q[name]).toMatch(/^[\w-]{43}$/);
      seen.add(q[name]!);
    }
  }
  expect(seen.size).toBe(6);
  for (const n of ['3', '9', '0']) expect((await code(await who.api('POST', `/api/v1/oidc/providers/${n}/authorization`)))[1]).toBe('oidc.unknown_provider');
});

test('a state is good once, in the browser and for the provider it was made for', async () => {
  const who = fresh();
  const answer = await who.away();
  expect(await code(await who.finish({ ...answer, state: 'A'.repeat(43) }))).toEqual([400, 'oidc.state']);
  expect(await code(await fresh().finish(answer))).toEqual([400, 'oidc.state']); // login CSRF: another browser
  expect(await code(await who.finish(answer))).toEqual([400, 'oidc.state']); // and spent by that
  const two = await who.away();
  expect((await who.finish(two)).status).toBe(200);
  expect(await code(await who.finish(two))).toEqual([400, 'oidc.state']);
  expect(await code(await who.finish(await who.away(), 2))).toEqual([400, 'oidc.state']); // mix-up
  expect(await code(await who.finish({ ...(await who.away()), iss: 'https://evil.example.org' }))).toEqual([400, 'oidc.state']);
  const { iss, ...without } = await who.away();
  expect(iss).toBe(provider.issuer);
  expect(await code(await who.finish(without))).toEqual([400, 'oidc.state']); // announced, so it must be there
  // The code of one flow in another: the verifier is not its own, and a used code is used.
  const [a, b] = [await who.away(), await who.away()];
  expect(await code(await who.finish({ ...a, code: b.code! }))).toEqual([403, 'oidc.denied']);
  expect(await code(await who.finish({ ...(await who.away()), code: two.code! }))).toEqual([403, 'oidc.denied']);
  expect(await code(await who.finish({ ...(await who.away()), error: 'access_denied' }))).toEqual([403, 'oidc.denied']);
});

const now = () => Math.floor(Date.now() / 1000);
const lies: [string, (t: Token) => void][] = [
  ['another nonce', (t) => { t.claims.nonce = 'x'.repeat(43); }],
  ['no nonce', (t) => { delete t.claims.nonce; }],
  ['another client', (t) => { t.claims.aud = 'another'; }],
  ['several clients, and not whose', (t) => { t.claims.aud = ['matinee', 'another']; }],
  ['authorized for another', (t) => { t.claims.azp = 'another'; }],
  ['another issuer', (t) => { t.claims.iss = 'https://evil.example.org'; }],
  ['expired', (t) => { t.claims.exp = now() - 120; }],
  ['no expiry', (t) => { delete t.claims.exp; }],
  ['of the future', (t) => { t.claims.iat = now() + 600; }],
  ['not yet', (t) => { t.claims.nbf = now() + 600; }],
  ['nobody', (t) => { delete t.claims.sub; }],
  ['another access token', (t) => { t.claims.at_hash = 'A'.repeat(22); }],
  ['a flipped bit', (t) => { t.signature = (s) => Buffer.from(s.map((b, i) => (i === 9 ? b ^ 1 : b))); }],
  ['no signature', (t) => { t.signature = () => Buffer.alloc(0); }],
  ['algorithm none', (t) => { t.header.alg = 'none'; t.signature = () => Buffer.alloc(0); }],
  ['a secret for a public key', (t) => { t.header.alg = 'HS256'; }],
  ['another algorithm than the key\'s', (t) => { t.header.alg = 'ES256'; }],
  ['something critical', (t) => { t.header.crit = ['x']; }],
  ['a key nobody published', (t) => { t.header.kid = 'unknown'; }],
  ['another\'s key under the right name', (t) => { t.key = keyMake('first').private; }],
];

test('a token with one thing wrong signs nobody in', async () => {
  for (const [what, lie] of lies) {
    provider.lie = lie;
    const who = fresh();
    expect(await code(await who.finish(await who.away())), what).toEqual([401, 'oidc.token_invalid']);
  }
  provider.lie = (t) => { Object.assign(t.claims, { aud: ['matinee', 'another'], azp: 'matinee', exp: now() - 30, iat: now() + 30 }); }; // within the skew
  const who = fresh();
  expect((await who.finish(await who.away())).status).toBe(200);
});

test('new keys of the provider are found, of either kind', async () => {
  for (const alg of ['RS256', 'ES256'] as const) {
    const next = keyMake(`next-${alg}`, alg);
    const sign = (t: Token) => { t.header.kid = `next-${alg}`; t.header.alg = alg; t.key = next.private; };
    provider.lie = sign;
    provider.published = [provider.key.published, next.published];
    const who = fresh();
    const r = await who.finish(await who.away());
    expect(r.status, await r.text()).toBe(200);
  }
  const asked = provider.asked['/jwks']!;
  provider.lie = (t) => { t.header.kid = 'no such key'; };
  for (let i = 0; i < 8; i++) {
    const who = fresh();
    expect((await who.finish(await who.away())).status).toBe(401);
  }
  expect(provider.asked['/jwks']! - asked).toBeLessThanOrEqual(6); // a guesser does not have us ask for ever
});

test('an address that is an account\'s is not taken over: its owner signs in, and then it is connected', async () => {
  const email = provider.person.email!;
  await fresh().json('POST', '/api/v1/accounts', { email, password });
  const who = fresh();
  expect(await code(await who.finish(await who.away()))).toEqual([409, 'oidc.sign_in_to_link']);
  // Neither another account nor another browser can take up what is pending.
  const thief = fresh();
  await thief.json('POST', '/api/v1/accounts', { email: 'thief-' + email, password });
  expect(await code(await thief.api('POST', '/api/v1/account-links/pending'))).toEqual([404, 'oidc.nothing_pending']);
  await who.json('POST', '/api/v1/session', { email, password });
  expect((await who.json('POST', '/api/v1/account-links/pending')).links).toMatchObject([{ email }]);
  expect(await code(await who.api('POST', '/api/v1/account-links/pending'))).toEqual([404, 'oidc.nothing_pending']);
  const again = fresh();
  expect((await (await again.finish(await again.away())).json()).account.email).toBe(email);
});

test('an address that the provider did not verify proves nothing', async () => {
  const email = provider.person.email!;
  for (const claim of [false, undefined, 'true'] as any[]) {
    provider.person = { ...provider.person, sub: `x-${Math.random()}`, email: `${claim}-${email}`, email_verified: claim };
    const who = fresh();
    const session = await (await who.finish(await who.away())).json();
    expect(session.account.email_verified, String(claim)).toBe(false);
  }
  provider.person = { ...provider.person, sub: 'another', email: `false-${email}`, email_verified: false };
  const who = fresh();
  expect(await code(await who.finish(await who.away()))).toEqual([409, 'oidc.email_taken']);
  await who.json('POST', '/api/v1/accounts', { email: 'own-' + email, password });
  expect(await code(await who.api('POST', '/api/v1/account-links/pending'))).toEqual([404, 'oidc.nothing_pending']);
  provider.person = { sub: 'shy' };
  const shy = fresh();
  expect(await code(await shy.finish(await shy.away()))).toEqual([400, 'oidc.no_email']);
});

test('who is signed in connects and disconnects; a person is one account\'s, and the last way in stays', async () => {
  const email = provider.person.email!;
  const who = fresh();
  await who.json('POST', '/api/v1/accounts', { email: 'home-' + email, password });
  const r = await who.link(await who.away(true));
  expect(r.status, await r.clone().text()).toBe(200);
  const [link] = (await r.json()).links;
  // What was begun to connect signs nobody in, and the other way round.
  expect(await code(await who.finish(await who.away(true)))).toEqual([400, 'oidc.state']);
  const guest = fresh();
  const plain = await who.away();
  expect(await code(await who.link(plain))).toEqual([400, 'oidc.state']);
  expect((await (await guest.finish(await guest.away())).json()).account.email).toBe('home-' + email);
  const other = fresh();
  await other.json('POST', '/api/v1/accounts', { email: 'other-' + email, password });
  expect(await code(await other.link(await other.away(true)))).toEqual([409, 'oidc.linked_elsewhere']);
  expect(await code(await other.api('DELETE', `/api/v1/account-links/${link.id}`))).toEqual([404, 'oidc.not_linked']);
  expect((await who.api('DELETE', `/api/v1/account-links/${link.id}`)).status).toBe(204);
  // An account that has nothing else keeps it.
  const only = fresh();
  const session = await (await only.finish(await only.away())).json();
  expect(session.account.email).toBe(email);
  const own = (await only.json('GET', '/api/v1/account-links')).links[0].id;
  expect(await code(await only.api('DELETE', `/api/v1/account-links/${own}`))).toEqual([409, 'account.last_way']);
  expect(JSON.stringify(await only.json('GET', '/api/v1/me/export'))).toContain(provider.issuer);
  expect((await only.api('DELETE', '/api/v1/me', {})).status).toBe(204);
});

test('a secret from a file works as well, and no secret, code or token is told', async () => {
  const who = fresh();
  const answer = await who.away(false, 2);
  expect((await who.finish(answer, 2)).status).toBe(200);
  const log = readFileSync(node.log, 'utf8');
  for (const secret of [provider.client.secret, answer.code!, answer.state!, provider.person.email!]) expect(log).not.toContain(secret);
  expect(node.run('config')).not.toContain(provider.client.secret);
  expect(readFileSync(`/proc/${node.pid}/cmdline`, 'utf8')).not.toContain(provider.client.secret);
});

test('a provider that is away is said so, and everything else goes on', async () => {
  const who = fresh();
  const answer = await who.away();
  await provider.stop();
  expect(await code(await who.finish(answer))).toEqual([503, 'oidc.unreachable']);
  expect((await who.api('GET', '/healthz')).status).toBe(200);
});

test('settings that cannot work are refused at the start', async () => {
  for (const [args, says] of [[['--oidc-issuer', 'http://login.example.org', '--oidc-client-id', 'x'], 'https'], [['--oidc-issuer', 'https://login.example.org'], 'client id']] as const) {
    const wrong = new MatineeNode();
    await expect(wrong.start({ args: [...args] })).rejects.toThrow(says);
    wrong.remove();
  }
});
