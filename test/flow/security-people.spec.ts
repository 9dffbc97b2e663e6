// What people who mean harm try at the door: a planted session, guessing, asking who has an account, a code used twice, a
// header in a letter. That a stranger cannot tell by time is shown by counting password hashes, not with a watch.
import { expect, test } from '@playwright/test';
import { randomUUID } from 'node:crypto';
import { Mailbox, codeOf } from '../lib/mailbox.ts';
import { Client, MatineeNode } from '../lib/node.ts';
import { ask, type Answer } from '../lib/routes.ts';

const password = 'a long enough password';
const open = new MatineeNode();
const closed = new MatineeNode(); // sign-up-by-letter
const mailbox = new Mailbox();
test.describe.configure({ mode: 'serial' });
test.beforeAll(async () => {
  await mailbox.start();
  const mail = ['--mail-url', `smtp://127.0.0.1:${mailbox.port}`, '--mail-plain', '--mail-from', 'kino@example.org'];
  await open.start({ args: mail });
  await closed.start({ args: [...mail, '--sign-up-by-letter'] });
});
test.afterAll(async () => {
  await open.stop();
  await closed.stop();
  await mailbox.stop();
  open.remove();
  closed.remove();
});

const someone = () => `ana-${randomUUID()}@example.org`;
async function joined(node = open): Promise<{ who: Client; email: string }> {
  const email = someone();
  const who = new Client(node);
  expect([201, 204]).toContain((await who.call('POST', '/api/v1/accounts', { email, password })).status);
  if (node === closed) {
    const code = codeOf(await mailbox.to(email, /Confirm/));
    await new Client(node).call('POST', '/api/v1/account/verification', { code });
    await who.json('POST', '/api/v1/session', { email, password });
  }
  return { who, email };
}
async function hashes(node: MatineeNode): Promise<number> {
  const r = await fetch(`${node.url}/metrics`);
  return Number(/^matinee_password_hashes_total (\d+)/m.exec(await r.text())?.[1]);
}
/** All that a stranger sees of an answer, and what it cost. How many requests are left grows by one a second, whoever asks. */
async function seen(node: MatineeNode, method: string, path: string, json: unknown, from: string): Promise<unknown> {
  const before = await hashes(node);
  const a: Answer = await ask(node, method, path, { json, from });
  const headers = Object.entries(a.headers).filter(([n]) => !['date', 'x-request-id', 'etag'].includes(n)).map(([n, v]) => `${n}: ${['set-cookie', 'ratelimit-remaining'].includes(n) ? '*' : v}`).sort();
  return { status: a.status, headers, body: a.text.replace(/"request_id":"[^"]*"/, '').replace(/"challenge":"[^"]*"/, '').replaceAll(/[\w-]+@example.org/g, '*'), hashes: (await hashes(node)) - before };
}

test.describe('a session', () => {
  test('that somebody planted is not the one that is signed in', async () => {
    const { email } = await joined();
    const planted = `matinee_session=${'A'.repeat(43)}`;
    const a = await ask(open, 'POST', '/api/v1/session', { cookie: planted, json: { email, password } });
    expect(a.status).toBe(200);
    expect(String(a.headers['set-cookie'])).not.toContain('A'.repeat(43));
    expect((await ask(open, 'GET', '/api/v1/session', { cookie: planted })).status).toBe(401);
    expect(String(a.headers['set-cookie'])).toMatch(/HttpOnly/i);
    expect(String(a.headers['set-cookie'])).toMatch(/SameSite=(Lax|Strict)/i);
  });

  test('is another after every sign-in, a new password, and the way out of a kids profile', async () => {
    const { who, email } = await joined();
    const ended: string[] = [];
    const changed = async (what: string, r: Response) => {
      expect(r.status, what).toBe(200);
      expect(who.cookie, what).not.toBe(ended.at(-1));
      for (const old of ended) expect((await ask(open, 'GET', '/api/v1/session', { cookie: old })).status, what).toBe(401);
    };
    ended.push(who.cookie);
    await changed('sign-in', await who.call('POST', '/api/v1/session', { email, password }));
    ended.push(who.cookie);
    await changed('new password', await who.call('POST', '/api/v1/account/password', { current: password, password: 'quite another one' }));
    const kid = await who.json('POST', '/api/v1/profiles', { name: 'Mia', kids: true });
    const adult = (await who.json('GET', '/api/v1/session')).profile;
    await who.json('PUT', '/api/v1/session/profile', { profile: kid.id });
    ended.push(who.cookie);
    await changed('out of the kids profile', await who.call('PUT', '/api/v1/session/profile', { profile: adult.id, password: 'quite another one' }));
    expect((await who.json('GET', '/api/v1/session')).profile.id).toBe(adult.id);
  });

  test('ends when it is signed out, and its cookie is nobody’s', async () => {
    const { who } = await joined();
    const old = who.cookie;
    await who.call('DELETE', '/api/v1/session');
    for (const path of ['/api/v1/session', '/api/v1/home', '/api/v1/profiles']) expect((await ask(open, 'GET', path, { cookie: old })).status).toBe(401);
  });
});

test.describe('who has an account', () => {
  const cases = (known: string, unknown: string): [string, string, string, (email: string) => unknown][] => [
    ['sign-in', 'POST', '/api/v1/session', (email) => ({ email, password: 'not the password' })],
    ['a forgotten password', 'POST', '/api/v1/password-resets', (email) => ({ email })],
    ['the beginning of a sign-in with a passkey, which takes no address', 'POST', '/api/v1/passkeys/sign-in-options', (email) => ({ email })],
  ];
  for (const [name, node] of [['open', open], ['by letter', closed]] as const)
    test(`is told by no answer and no work, sign-up ${name}`, async () => {
      const { email } = await joined(node);
      const nobody = someone();
      for (const [what, method, path, body] of cases(email, nobody)) {
        const answers = [];
        for (const [i, address] of [email, nobody].entries()) answers.push(await seen(node, method, path, body(address), `127.0.77.${i + 1}`));
        expect(answers[1], what).toEqual(answers[0]);
      }
    });

  test('by letter, sign-up tells neither by itself nor by the sign-in after it', async () => {
    const { email } = await joined(closed);
    const nobody = someone();
    const chosen = 'the stranger’s password';
    const up = [], then = [], again = [];
    for (const [i, address] of [email, nobody].entries()) {
      up.push(await seen(closed, 'POST', '/api/v1/accounts', { email: address, password: chosen }, `127.0.78.${i + 1}`));
      then.push(await seen(closed, 'POST', '/api/v1/session', { email: address, password: chosen }, `127.0.78.${i + 1}`));
      again.push(await seen(closed, 'POST', '/api/v1/accounts', { email: address, password: chosen }, `127.0.78.${i + 1}`));
    }
    expect(up[1]).toEqual(up[0]);
    expect(up[0]).toMatchObject({ status: 204, body: '', hashes: 1 });
    expect(then[1]).toEqual(then[0]);
    expect(again[1]).toEqual(again[0]);
    // The owner hears of it; the password is the owner's still. The newcomer follows the letter, and is in.
    expect((await mailbox.to(email, /account already/)).text).toContain(`${closed.url}/sign-in`);
    expect((await ask(closed, 'POST', '/api/v1/session', { json: { email, password } })).status).toBe(200);
    const code = codeOf(await mailbox.to(nobody, /Confirm/));
    await new Client(closed).call('POST', '/api/v1/account/verification', { code });
    expect((await ask(closed, 'POST', '/api/v1/session', { json: { email: nobody, password: chosen } })).status).toBe(200);
  });

  test('another address is asked for in the same words, whoever has it', async () => {
    const { who } = await joined();
    const { email: taken } = await joined();
    const answers = [];
    for (const email of [taken, someone()]) {
      const before = await hashes(open);
      const r = await who.call('POST', '/api/v1/account/email', { email, password });
      answers.push([r.status, await r.text(), (await hashes(open)) - before]);
    }
    expect(answers[1]).toEqual(answers[0]);
  });

  test('an open sign-up tells a network only so often', async () => {
    const { email } = await joined();
    const from = '127.0.79.1';
    const got = [];
    for (let i = 0; i < 21; i++) got.push((await ask(open, 'POST', '/api/v1/accounts', { from, json: { email, password } })).json.code);
    expect(got.slice(0, 20)).toEqual(Array(20).fill('account.email_taken'));
    expect(got[20]).toBe('account.too_many_sign_ups');
    // Whoever has the address or not: the network is told nothing more. Others are.
    expect((await ask(open, 'POST', '/api/v1/accounts', { from, json: { email: someone(), password } })).status).toBe(429);
    expect((await ask(open, 'POST', '/api/v1/accounts', { from: '127.0.79.2', json: { email: someone(), password } })).status).toBe(201);
  });
});

test.describe('guessing', () => {
  test('passwords from one place ends at ten, from many at a hundred, and the owner gets in from home', async () => {
    const { email } = await joined();
    const home = '127.0.80.1';
    // Whoever guesses says each time that another asks: only the front's own word counts.
    let lies = 0;
    const others = () => { const a = `198.51.100.${lies++ % 250}`; return { 'x-forwarded-for': a, 'x-real-ip': a, forwarded: `for=${a}`, 'client-ip': a, 'true-client-ip': a, 'cf-connecting-ip': a, 'x-cluster-client-ip': a }; };
    const guess = (from: string, pass = 'a wrong password') => ask(open, 'POST', '/api/v1/session', { from, headers: others(), json: { email, password: pass } });
    expect((await guess(home, password)).status).toBe(200);
    const one = [];
    for (let i = 0; i < 11; i++) one.push((await guess('127.0.80.2')).status);
    expect(one).toEqual([...Array(10).fill(401), 429]);
    for (let i = 0; i < 90; i++) await guess(`127.0.81.${1 + Math.floor(i / 9)}`);
    expect((await guess('127.0.82.1', password)).status).toBe(429);
    expect((await guess(home, password)).status).toBe(200);
  });

  test('the password of somebody who is signed in ends at twenty, in whatever place it is asked for', async () => {
    const { who, email } = await joined();
    const kid = await who.json('POST', '/api/v1/profiles', { name: 'Mia', kids: true });
    const adult = (await who.json('GET', '/api/v1/session')).profile;
    await who.json('PUT', '/api/v1/session/profile', { profile: kid.id });
    const got = [];
    for (let i = 0; i < 21; i++) got.push((await who.call('PUT', '/api/v1/session/profile', { profile: adult.id, password: `guess number ${i}` })).status);
    expect(got).toEqual([...Array(20).fill(403), 429]);
    expect((await who.call('PUT', '/api/v1/session/profile', { profile: adult.id, password })).status).toBe(429);
    expect((await ask(open, 'POST', '/api/v1/session', { json: { email, password } })).status).toBe(200);
  });

  test('codes: none that was not sent, and none for another purpose', async () => {
    const { email } = await joined();
    const verify = codeOf(await mailbox.to(email, /Confirm/));
    const tries: [string, unknown][] = [
      ['/api/v1/password-resets/confirm', { code: verify, password: 'quite another one' }],
      ['/api/v1/account/email/confirm', { code: verify }],
      ['/api/v1/account/verification', { code: 'A'.repeat(43) }],
      ['/api/v1/account/verification', { code: verify.toLowerCase() + 'x' }],
    ];
    for (const [path, json] of tries) {
      const a = await ask(open, 'POST', path, { json });
      expect([a.status, a.json.code], path).toEqual([400, 'account.code_invalid']);
    }
    expect((await ask(open, 'POST', '/api/v1/account/verification', { json: { code: verify } })).status).toBe(204);
  });
});

test.describe('a code', () => {
  const reset = async (email: string) => {
    await ask(open, 'POST', '/api/v1/password-resets', { json: { email } });
    return codeOf(await mailbox.to(email, /Choose a new password/));
  };
  const spend = (code: string, pass = 'the thief’s password') => ask(open, 'POST', '/api/v1/password-resets/confirm', { json: { code, password: pass } });

  test('comes with our address, whatever name the request was sent to', async () => {
    const { email } = await joined();
    const lying = { host: 'evil.example', origin: 'http://evil.example', 'x-forwarded-host': 'evil.example', 'x-original-host': 'evil.example', forwarded: 'host=evil.example', referer: 'http://evil.example/' };
    expect((await ask(open, 'POST', '/api/v1/password-resets', { headers: lying, json: { email } })).status).toBe(204);
    const letter = await mailbox.to(email, /Choose a new password/);
    expect(letter.text).toMatch(new RegExp(`${open.url}/[a-z-]+#code=`));
    expect(`${letter.text}${String(letter.html)}${JSON.stringify([...letter.headers.keys()])}`).not.toContain('evil');
  });

  test('is good once, also when it is sent twice at the same instant', async () => {
    const { email } = await joined();
    const code = await reset(email);
    const both = await Promise.all([spend(code, 'the first of the two'), spend(code, 'the second of the two')]);
    expect(both.map((a) => a.status).sort()).toEqual([204, 400]);
    expect((await spend(code)).status).toBe(400);
  });

  test('of before a new password or a new address opens nothing after it', async () => {
    const { who, email } = await joined();
    const before = await reset(email);
    await who.json('POST', '/api/v1/account/password', { current: password, password: 'quite another one' });
    expect((await spend(before)).json.code).toBe('account.code_invalid');
    const old = await reset(email);
    const next = someone();
    await who.call('POST', '/api/v1/account/email', { email: next, password: 'quite another one' });
    expect((await ask(open, 'POST', '/api/v1/account/email/confirm', { json: { code: codeOf(await mailbox.to(next, /new/)) } })).status).toBe(204);
    expect((await spend(old)).json.code).toBe('account.code_invalid');
    expect((await ask(open, 'POST', '/api/v1/session', { json: { email: next, password: 'quite another one' } })).status).toBe(200);
  });

  test('of the older letter is void once the newer was used', async () => {
    const { email } = await joined();
    const first = await reset(email), second = await reset(email);
    expect((await spend(second, 'quite another one')).status).toBe(204);
    expect((await spend(first)).status).toBe(400);
  });
});

test('no name gets a header or a line into a letter', async () => {
  const bend = 'Ana\r\nBcc: all@example.org\r\n\r\n<script>alert(1)</script>';
  const email = someone();
  await ask(open, 'POST', '/api/v1/accounts', { json: { email, password, name: bend.slice(0, 60), lang: 'en' } });
  const letter = await mailbox.to(email, /Confirm/);
  expect(letter.headers.has('bcc')).toBe(false);
  expect(letter.envelope.to).toEqual([email]);
  expect(String(letter.html)).not.toContain('<script>');
  for (const bad of ['a@example.org\r\nBcc: b@example.org', 'a@exa\nmple.org', 'a\u0000@example.org', 'a@example.org, b@example.org', 'a@example.org>,<b@example.org', '"a b"@example.org', 'a@example.org%0d%0aBcc:x'])
    for (const path of ['/api/v1/accounts', '/api/v1/password-resets']) {
      const a = await ask(open, 'POST', path, { json: path.endsWith('accounts') ? { email: bad, password } : { email: bad } });
      if (!bad.includes('%')) expect(a.status, `${path} ${JSON.stringify(bad)}`).toBe(400);
    }
  expect(mailbox.letters.filter((l) => l.envelope.to.some((t) => !t.startsWith('ana-') && !t.includes('%')))).toEqual([]);
});
