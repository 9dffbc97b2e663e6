// The generated configuration (test/golden/front/nginx.conf, which unit tests hold src/app/front_conf.c to) in the real
// nginx, in front of a stand-in for the app.
import { test, expect } from '@playwright/test';
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { connect as connectHttp2 } from 'node:http2';
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import { freePort } from '../../lib/node.ts';
import { root } from '../../lib/media.ts';
import { alive, asset, canConnect, childrenOf, keyLine, mint, modulePath, newKey, until, writeTrack, type Reply } from './edge.ts';

const dir = mkdtempSync(join(tmpdir(), 'matinee-front-'));
const key = newKey('k1');
let port: number;
let tlsPort: number;
let nginx: ChildProcess;
let app: Server;
let handle: (rq: IncomingMessage, rs: ServerResponse) => void;

function get(path: string, headers: Record<string, string> = {}, method = 'GET', body?: Buffer): Promise<Reply> {
  return new Promise((done, fail) => {
    const rq = request({ host: '127.0.0.1', port, path, method, headers, agent: false, timeout: 10_000 }, (rs) => {
      const parts: Buffer[] = [];
      rs.on('data', (p: Buffer) => parts.push(p));
      rs.on('end', () => done({ status: rs.statusCode ?? 0, headers: rs.headers, body: Buffer.concat(parts) }));
    });
    rq.on('timeout', () => rq.destroy(new Error('hangs')));
    rq.on('error', fail);
    rq.end(body);
  });
}

const echo = (rq: IncomingMessage, rs: ServerResponse) => {
  let bytes = 0;
  rq.on('data', (d: Buffer) => (bytes += d.length));
  rq.on('end', () => {
    rs.setHeader('content-type', 'application/json');
    rs.end(JSON.stringify({ url: rq.url, method: rq.method, headers: rq.headers, bytes }));
  });
};

test.beforeAll(async () => {
  [port, tlsPort] = [await freePort(), await freePort()];
  for (const d of ['run/log', 'web/assets', 'tls', 'media/art', `media/asset/${asset}`]) mkdirSync(join(dir, d), { recursive: true });
  writeFileSync(join(dir, 'web/index.html'), '<!doctype html><title>the app</title>');
  writeFileSync(join(dir, 'web/assets/index-abc123.js'), 'export {};\n'.repeat(500));
  writeFileSync(join(dir, 'media/art/p.jpg'), 'jpeg');
  writeFileSync(join(dir, 'token.keys'), keyLine(key));
  writeTrack(join(dir, `media/asset/${asset}`), 'v1', [100]);
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost', '-keyout', join(dir, 'tls/key.pem'), '-out', join(dir, 'tls/cert.pem')], { stdio: 'ignore' });
  let conf = readFileSync(join(root, 'test/golden/front/nginx.conf'), 'utf8')
    .replaceAll('/data/', dir + '/')
    .replaceAll('"/web"', `"${dir}/web"`)
    .replaceAll('/lib/m.so', modulePath())
    .replace('127.0.0.0/8 0;', '') // this machine's own are not counted, and we have no other
    .replace('127.0.0.1:8080', `127.0.0.1:${port}`)
    .replace('[::1]:8443', `127.0.0.1:${tlsPort}`);
  // As the program chooses them (front_user.c) they could not read a folder of this test's.
  conf = conf.replace(/^user .*$/m, process.getuid?.() === 0 ? 'user root;' : '');
  writeFileSync(join(dir, 'nginx.conf'), conf);
  app = createServer((rq, rs) => handle(rq, rs));
  await new Promise<void>((done) => app.listen(join(dir, 'run/app.sock'), done));
  const out = openSync(join(dir, 'error.log'), 'a');
  nginx = spawn('nginx', ['-c', join(dir, 'nginx.conf')], { stdio: ['ignore', out, out] });
  await until('nginx listens', async () => {
    if (nginx.exitCode !== null) throw new Error(readFileSync(join(dir, 'error.log'), 'utf8'));
    return await canConnect(port);
  });
});
test.beforeEach(() => {
  handle = echo;
});
test.afterAll(async () => {
  if (nginx.exitCode === null) {
    nginx.kill();
    await new Promise((done) => nginx.once('exit', done));
  }
  app.close();
  rmSync(dir, { recursive: true, force: true });
});

test('the app sees who asks, and cannot be told that the front itself does', async () => {
  const r = await get('/api/v1/home?x=1', { host: 'films.example:81', 'x-matinee-internal': '1', 'x-real-ip': '9.9.9.9', 'x-forwarded-for': '9.9.9.9', 'x-forwarded-proto': 'https', forwarded: 'for=9.9.9.9', cookie: 'a=b' });
  const seen = JSON.parse(r.body.toString());
  expect(seen.url).toBe('/api/v1/home?x=1');
  expect(seen.headers).toMatchObject({ host: 'films.example:81', 'x-real-ip': '127.0.0.1', 'x-forwarded-for': '127.0.0.1', 'x-forwarded-proto': 'http', cookie: 'a=b' });
  expect(seen.headers['x-request-id']).toMatch(/^[0-9a-f]{32}$/);
  for (const name of ['x-matinee-internal', 'forwarded', 'connection']) expect(seen.headers[name] ?? 'keep-alive').toBe('keep-alive');
  expect((await get(`/internal/manifest/${asset}/d/main.mpd`)).body.toString()).not.toContain('"url"');
});

test('bodies: small by default, without a limit where the routes say so', async () => {
  const big = Buffer.alloc(3_000_000);
  const refused = await get('/api/v1/session', {}, 'POST', big).catch(() => undefined); // it may hang up while we send
  if (refused) {
    expect([refused.status, refused.headers['content-type']]).toEqual([413, 'application/problem+json']);
    expect(JSON.parse(refused.body.toString()).code).toBe('too_large');
  }
  expect((await get('/api/v1/session', { 'content-length': '70000' }, 'POST')).status).toBe(413);
  expect(JSON.parse((await get('/api/v1/imports', {}, 'POST', big)).body.toString()).bytes).toBe(big.length);
});

test('an upload reaches the app before it is whole', async () => {
  const first = new Promise<number>((done) => {
    handle = (rq, rs) => {
      rq.once('data', (d: Buffer) => done(d.length));
      rq.on('end', () => rs.end('ok'));
    };
  });
  const rq = request({ host: '127.0.0.1', port, path: '/api/v1/imports', method: 'POST', headers: { 'content-length': '200000' } });
  rq.write(Buffer.alloc(50_000));
  expect(await first).toBeGreaterThan(0);
  const answer = new Promise<number | undefined>((done) => rq.on('response', (rs) => done(rs.resume().statusCode)));
  rq.end(Buffer.alloc(150_000));
  expect(await answer).toBe(200);
});

test('events arrive one by one', async () => {
  let send: (s: string) => void = () => {};
  handle = (_, rs) => {
    rs.writeHead(200, { 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' });
    send = (s) => rs.write(s);
    send('data: 1\n\n');
  };
  const rs = await new Promise<IncomingMessage>((done) => request({ host: '127.0.0.1', port, path: '/api/v1/imports/1/events', agent: false }, done).end());
  const next = () => new Promise<string>((done) => rs.once('data', (d: Buffer) => done(d.toString())));
  expect(await next()).toBe('data: 1\n\n');
  const second = next();
  send('data: 2\n\n');
  expect(await second).toBe('data: 2\n\n');
  rs.destroy();
});

test('pages: every address of the app, with a policy that runs no foreign script', async () => {
  for (const path of ['/', '/title/x', '/watch/y', '/index.html']) {
    const r = await get(path);
    expect([path, r.status, r.headers['cache-control']]).toEqual([path, 200, 'no-cache']);
    expect(r.body.toString()).toContain('the app');
    expect(r.headers['content-security-policy']).toMatch(/script-src 'self';.*media-src 'self' blob:;.*worker-src 'self' blob:;/);
    expect(r.headers['x-content-type-options']).toBe('nosniff');
    expect(r.headers['permissions-policy']).toContain('camera=()');
    expect(r.headers['referrer-policy']).toBe('same-origin');
    expect(r.headers.server).toBe('nginx');
  }
});

test('named files are immutable, and packed for who takes it', async () => {
  const js = await get('/assets/index-abc123.js', { 'accept-encoding': 'gzip' });
  expect([js.headers['content-encoding'], js.headers['cache-control']]).toEqual(['gzip', 'public, max-age=31536000, immutable']);
  expect(js.headers['content-type']).toBe('text/javascript');
  expect((await get('/assets/gone.js')).status).toBe(404);
  const art = await get('/art/p.jpg');
  expect([art.body.toString(), art.headers['content-type'], art.headers['cache-control']]).toEqual(['jpeg', 'image/jpeg', 'public, max-age=31536000, immutable']);
  for (const path of ['/art/../token.keys', '/art/..%2f..%2ftoken.keys', '/art../token.keys', '/art/../../token.keys'])
    expect((await get(path)).body.toString(), path).not.toContain(keyLine(key).slice(5, 20));
});

test('metrics are asked for as the front itself', async () => {
  const r = await get('/metrics', { cookie: 'a=b' });
  expect(JSON.parse(r.body.toString()).headers).toMatchObject({ 'x-matinee-internal': '1' });
  expect(r.body.toString()).not.toContain('cookie');
});

test('metrics are not for what another proxy passes on', async () => {
  for (const headers of [{ 'x-forwarded-for': '9.9.9.9' }, { forwarded: 'for=9.9.9.9' }, { via: '1.1 proxy' }, { 'x-real-ip': '9.9.9.9' }, { host: 'films.example' }] as Record<string, string>[])
    expect([headers, (await get('/metrics', headers)).status]).toEqual([headers, 404]);
  expect((await get('/metrics', { host: `localhost:${port}` })).status).toBe(200);
});

test('who asks for password hashes without end is told to wait; who reads is not', async () => {
  const all = await Promise.all(Array.from({ length: 300 }, () => get('/api/v1/session', {}, 'POST')));
  const refused = all.filter((r) => r.status === 429);
  expect(refused.length).toBeGreaterThan(0);
  expect([refused[0]!.headers['retry-after'], JSON.parse(refused[0]!.body.toString()).code]).toEqual(['60', 'limit']);
  const read = await Promise.all(Array.from({ length: 300 }, () => get('/api/v1/session')));
  expect(read.every((r) => r.status === 200)).toBe(true);
});

test('segments and manifests through the whole of it', async () => {
  const base = `/m/${await mint(key)}/${asset}/d`;
  expect((await get(`${base}/v1/0.m4s`)).body.length).toBe(100);
  let asked = 0;
  handle = (rq, rs) => {
    asked++;
    rs.writeHead(200, { 'content-type': 'application/dash+xml', 'cache-control': 'private', 'set-cookie': 'a=b', vary: '*' });
    rs.end('<MPD/>'.repeat(500));
  };
  for (let i = 0; i < 3; i++) {
    const r = await get(`${base}/main.mpd`, { 'accept-encoding': 'gzip' });
    expect([r.status, r.headers['cache-control'], r.headers['content-encoding'], r.headers['access-control-allow-origin']]).toEqual([200, 'public, max-age=600', 'gzip', '*']);
    expect(r.headers['set-cookie']).toBeUndefined();
  }
  expect(asked).toBe(1);
  handle = (_, rs) => void rs.writeHead(404, { 'content-type': 'application/problem+json' }).end('{"code":"not_found"}');
  const missing = await get(`${base}/v9.m3u8`);
  expect([missing.status, missing.headers['cache-control'], missing.headers['access-control-allow-origin']]).toEqual([404, 'no-store', '*']);
});

test('HTTP/2 and TLS', async () => {
  const h2 = connectHttp2(`https://localhost:${tlsPort}`, { rejectUnauthorized: false });
  const rq = h2.request({ ':path': `/m/${await mint(key)}/${asset}/d/v1/0.m4s` });
  const status = await new Promise((done) => rq.on('response', (h) => done(h[':status'])));
  expect(status).toBe(200);
  rq.close();
  h2.destroy();
});

test('without the app: 503, when to come back, and the same shape as its own errors', async () => {
  app.close();
  app.closeAllConnections();
  for (const path of ['/api/v1/home', '/healthz', `/m/${await mint(key)}/${asset}/d/v2.m3u8`]) {
    const r = await get(path);
    expect([path, r.status, r.headers['retry-after'], r.headers['content-type']]).toEqual([path, 503, '2', 'application/problem+json']);
    expect(JSON.parse(r.body.toString())).toMatchObject({ status: 503, code: 'unavailable' });
    expect(r.headers['cache-control']).toBe('no-store');
  }
  expect((await get('/')).status).toBe(200); // the shell says it to people
});

test('the front leaves nothing behind', async () => {
  const workers = childrenOf(nginx.pid!);
  process.kill(nginx.pid!, 'SIGQUIT');
  await until('all are gone', () => workers.filter(alive).length === 0);
  expect(await canConnect(port)).toBe(false);
});
