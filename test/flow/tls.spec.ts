// TLS as people set it up: the local authority, given certificates and what is wrong with them, renewal under a running server;
// and settings from file, environment and flags.
import { expect, test } from '@playwright/test';
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect as connectHttp2 } from 'node:http2';
import { request } from 'node:https';
import { connect as connectTls } from 'node:tls';
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import { binary, freePort, MatineeNode } from '../lib/node.ts';
import { processes } from '../lib/processes.ts';

const dir = mkdtempSync(join(tmpdir(), 'matinee-tls-'));
const host = '127.0.0.1';
test.describe.configure({ mode: 'serial' });
test.afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** A pair for an address, of its own making; name.pem and name.key. */
function pair(name: string, more: string[] = [], ip = host): [string, string] {
  const [cert, key] = [join(dir, `${name}.pem`), join(dir, `${name}.key`)];
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '30', '-subj', `/CN=${name}`, '-addext', `subjectAltName=IP:${ip}`, '-keyout', key, '-out', cert, ...more], { stdio: 'ignore' });
  return [cert, key];
}

/** `serve` on a node whose address is https; ready when it answers. */
class TlsNode extends MatineeNode {
  override get url(): string {
    return `https://${host}:${this.port}`;
  }
  override async ready(): Promise<void> {
    await expect.poll(async () => (await get(this.port, '/healthz').catch(() => ({ status: 0 }))).status).toBe(200);
  }
}

interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: string;
}
const get = (port: number, path: string, more: object = { rejectUnauthorized: false }, method = 'GET', body = '') =>
  new Promise<Answer>((done, fail) => {
    const rq = request({ host, port, path, method, agent: false, ...more }, (rs) => {
      let text = '';
      rs.on('data', (d: Buffer) => (text += d.toString()));
      rs.on('end', () => done({ status: rs.statusCode ?? 0, headers: rs.headers, body: text }));
    });
    rq.on('error', fail);
    rq.end(body);
  });
const subject = (port: number) =>
  new Promise<string>((done, fail) => {
    const s = connectTls({ host, port, rejectUnauthorized: false }, () => {
      done(String(s.getPeerCertificate().subject.CN));
      s.destroy();
    });
    s.on('error', fail);
  });

test('the local authority: a client that trusts it needs nothing else', async () => {
  const node = new TlsNode();
  await node.start({ args: ['--host', host] });
  try {
    const authority = readFileSync(join(node.data, 'tls/authority.pem'));
    expect((await get(node.port, '/', { ca: authority })).status).toBe(200);
    await expect(get(node.port, '/', {})).rejects.toThrow(/certificate/);
    for (const f of ['authority.key', 'host.key']) expect(statSync(join(node.data, 'tls', f)).mode & 0o077).toBe(0);
    // HTTP/2, and a session whose cookie no other host can plant
    const h2 = connectHttp2(`https://${host}:${node.port}`, { ca: authority });
    const status = await new Promise((done) => h2.request({ ':path': '/healthz' }).on('response', (h) => done(h[':status'])).resume());
    expect([status, h2.alpnProtocol]).toEqual([200, 'h2']);
    h2.destroy();
    // Nothing without forward secrecy or authenticated encryption, and nothing older than TLS 1.2.
    const shake = (more: object) => new Promise<string>((done) => {
      const s = connectTls({ host, port: node.port, ca: authority, ...more }, () => { done(`${s.getProtocol()} ${s.getCipher().name}`); s.destroy(); });
      s.on('error', () => done('refused'));
    });
    for (const ciphers of ['ECDHE-ECDSA-AES128-SHA:ECDHE-RSA-AES128-SHA', 'ECDHE-ECDSA-AES256-SHA384:ECDHE-RSA-AES256-SHA384', 'AES128-GCM-SHA256', 'AES256-SHA', 'NULL-SHA256', 'DHE-RSA-AES128-GCM-SHA256'])
      expect(await shake({ maxVersion: 'TLSv1.2', ciphers: `${ciphers}:@SECLEVEL=0` }), ciphers).toBe('refused');
    expect(await shake({ minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' })).toBe('refused');
    expect(await shake({ maxVersion: 'TLSv1.2' })).toMatch(/^TLSv1.2 ECDHE-/);
    expect(await shake({})).toMatch(/^TLSv1.3 /);
    const headers = { 'content-type': 'application/json', origin: node.url };
    const made = await get(node.port, '/api/v1/accounts', { ca: authority, headers }, 'POST', JSON.stringify({ email: 'ana@example.org', password: 'a long enough password' }));
    expect(made.status).toBe(201);
    const cookie = String(made.headers['set-cookie']);
    expect(cookie).toMatch(/^__Host-matinee_session=[\w-]{43}; Path=\/; HttpOnly;.*Secure/);
    const session = cookie.split(';')[0]!;
    const me = async (c: string) => (await get(node.port, '/api/v1/session', { ca: authority, headers: { cookie: c } })).status;
    expect(await me(session)).toBe(200);
    expect(await me(session.replace('__Host-', ''))).toBe(204); /* nobody */
    // The certificate outlives a restart.
    const before = readFileSync(join(node.data, 'tls/host.pem'), 'utf8');
    await node.stop();
    await node.start({ args: ['--host', host] });
    expect(readFileSync(join(node.data, 'tls/host.pem'), 'utf8')).toBe(before);
  } finally {
    await node.stop();
    node.remove();
  }
});

test("a certificate of the local authority that ends soon is renewed under a running server", async () => {
  const node = new TlsNode();
  await node.start({ args: ['--host', host] });
  try {
    const tls = (name: string) => join(node.data, 'tls', name);
    const ca = readFileSync(tls('authority.pem'));
    writeFileSync(join(dir, 'ext'), `subjectAltName=IP:${host}\n`);
    execFileSync('openssl', ['req', '-new', '-key', tls('host.key'), '-subj', '/CN=old', '-out', join(dir, 'old.csr')]);
    execFileSync('openssl', ['x509', '-req', '-in', join(dir, 'old.csr'), '-CA', tls('authority.pem'), '-CAkey', tls('authority.key'), '-days', '5', '-extfile', join(dir, 'ext'), '-out', tls('host.pem')], { stdio: 'ignore' });
    await expect.poll(() => subject(node.port)).toBe('old'); // whoever replaces the file need not tell the front
    const slow = request({ host, port: node.port, path: '/api/v1/session', method: 'POST', ca, headers: { 'content-type': 'application/json', origin: node.url, 'content-length': '60' } });
    const answered = new Promise<number>((done, fail) => (slow.on('response', (rs) => done(rs.statusCode ?? 0)), slow.on('error', fail)));
    slow.write('{"email": "nobody@example.org", ');
    process.kill(node.pid, 'SIGHUP'); // looked at each hour, and at a reload
    await expect.poll(() => subject(node.port)).toBe(host);
    expect((await get(node.port, '/', { ca })).status).toBe(200);
    expect(readFileSync(node.log, 'utf8')).toContain('event=tls.renewed');
    slow.end('"password": "whatever it"}'.padEnd(28));
    expect(await answered).toBe(401);
  } finally {
    await node.stop();
    node.remove();
  }
});

test('a given certificate is served, and a renewed one after SIGHUP; what is being answered goes on', async () => {
  const [cert, key] = pair('first');
  const node = new TlsNode();
  await node.start({ args: ['--host', host, '--tls-cert', cert, '--tls-key', key] });
  try {
    expect(await subject(node.port)).toBe('first');
    const h2 = connectHttp2(node.url, { rejectUnauthorized: false });
    const stream = h2.request({ ':path': '/api/v1/session', ':method': 'POST', 'content-type': 'application/json', origin: node.url });
    const answered = new Promise<number>((done, fail) => (stream.on('response', (h) => done(Number(h[':status']))), stream.on('error', fail)));
    stream.write('{"email": "nobody@example.org", '); // half a request is under way
    const [newCert, newKey] = pair('second');
    copyFileSync(newCert, cert);
    copyFileSync(newKey, key);
    process.kill(node.pid, 'SIGHUP');
    await expect.poll(() => subject(node.port)).toBe('second');
    stream.end('"password": "whatever it is"}');
    expect(await answered).toBe(401);
    h2.destroy();
    // One that is broken leaves the good one in force.
    writeFileSync(cert, 'nonsense');
    process.kill(node.pid, 'SIGHUP');
    await expect.poll(() => readFileSync(node.log, 'utf8')).toMatch(/cannot load certificate/);
    expect(await subject(node.port)).toBe('second');
  } finally {
    await node.stop();
    node.remove();
  }
});

test('a certificate that cannot work is refused before anything is started, and says what to do', async () => {
  const [cert, key] = pair('good');
  const [, other] = pair('other');
  const [foreign, foreignKey] = pair('foreign', [], '10.1.2.3');
  const locked = join(dir, 'locked.key');
  execFileSync('openssl', ['ec', '-in', key, '-aes256', '-passout', 'pass:x', '-out', locked], { stdio: 'ignore' });
  const [early, earlyKey] = [join(dir, 'past.pem'), join(dir, 'past.key')];
  execFileSync('openssl', ['req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', '/CN=past', '-addext', `subjectAltName=IP:${host}`, '-keyout', earlyKey, '-out', join(dir, 'past.csr')], { stdio: 'ignore' });
  writeFileSync(join(dir, 'san'), `subjectAltName=IP:${host}`);
  execFileSync('openssl', ['x509', '-req', '-in', join(dir, 'past.csr'), '-signkey', earlyKey, '-days', '-1', '-extfile', join(dir, 'san'), '-out', early], { stdio: 'ignore' });
  writeFileSync(join(dir, 'text.pem'), 'not a certificate\n');
  const data = join(dir, 'data');
  const port = await freePort();
  const cases: [string, string, RegExp][] = [
    [cert, other, /is not the key of .*\n .*key that the certificate was made for/],
    [early, earlyKey, /has expired\n .*Renew it/],
    [foreign, foreignKey, /is not for 127\.0\.0\.1\n/],
    [join(dir, 'none.pem'), key, /--tls-cert .*none\.pem: No such file/],
    [cert, join(dir, 'none.key'), /--tls-key .*none\.key: No such file/],
    [join(dir, 'text.pem'), key, /text\.pem holds no certificate\n/],
    [cert, locked, /locked\.key holds no private key without password\n/],
    [cert, '', /go together\n/],
  ];
  for (const [c, k, wanted] of cases) {
    const r = spawnSync(binary, ['serve', '--data', data, '--http-port', String(port), '--host', host, '--tls-cert', c, ...(k ? ['--tls-key', k] : [])], { encoding: 'utf8', timeout: 20_000, input: '' });
    expect([c, k, r.status]).toEqual([c, k, 1]);
    expect(r.stderr).toMatch(wanted);
  }
  expect(processes().filter((p) => p.command.includes(data))).toEqual([]);
  if (process.getuid?.() !== 0) {
    chmodSync(key, 0);
    const r = spawnSync(binary, ['serve', '--data', data, '--http-port', String(port), '--host', host, '--tls-cert', cert, '--tls-key', key], { encoding: 'utf8', timeout: 20_000 });
    expect(r.stderr).toMatch(/Permission denied/);
  }
});

test('settings: flags over environment over file, and each mistake is named', () => {
  const file = join(dir, 'my.conf');
  const data = join(dir, 'settings');
  const config = (env: Record<string, string>, ...args: string[]) =>
    spawnSync(binary, ['config', '--data', data, '--config', file, ...args], { encoding: 'utf8', env: { PATH: process.env.PATH!, ...env } });
  const line = (out: string, name: string) => out.split('\n').find((l) => new RegExp(`^${name}\\b`).test(l)) ?? '';
  writeFileSync(file, 'http-port = 8181\n');
  expect(line(config({}).stdout, 'http-port')).toMatch(/8181 .*file;/);
  expect(line(config({ MATINEE_HTTP_PORT: '8282' }).stdout, 'http-port')).toMatch(/8282 .*env/);
  expect(line(config({ MATINEE_HTTP_PORT: '8282' }, '--http-port', '8383').stdout, 'http-port')).toMatch(/8383 .*flag/);
  expect(config({ MATINEE_MASTER_KEY: 'ab'.repeat(32) }).stdout).not.toContain('abababab');
  const mistakes: [string, RegExp][] = [
    ['http-prot = 1\n', /my\.conf:1.*http-prot/],
    ['\n\nhttp-port = many\n', /my\.conf:3.*http-port/],
    ['http-port = 0\n', /http-port.*1.*65535/],
    ['http-port = 99999999999999999999\n', /http-port/],
    ['http-port\n', /my\.conf:1/],
  ];
  for (const [text, wanted] of mistakes) {
    writeFileSync(file, text);
    const r = config({});
    expect([text, r.status === 0]).toEqual([text, false]);
    expect(r.stderr).toMatch(wanted);
  }
  rmSync(file);
  expect(config({}).stderr).toMatch(/my\.conf/); // named, so it has to be there
  expect(existsSync(data)).toBe(false);
});
