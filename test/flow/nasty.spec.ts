// A client that means ill, against the real program: every answer is a 4xx that says why or a closed connection, nothing of one
// request becomes another, and nobody else waits for it.
import { expect, test } from '@playwright/test';
import { request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { clips } from '../lib/media.ts';
import { Client, MatineeNode } from '../lib/node.ts';

const device = { kind: 'web', name: 'Flow', codecs: ['avc1.640028', 'mp4a.40.2'], drm: ['org.w3.clearkey'] };
const node = new MatineeNode();
let base: string; // /m/<token>/<asset>/<view>/
let token: string;
let cookie: string;

test.describe.configure({ mode: 'serial' });
test.beforeAll(async () => {
  await node.start();
  const film = node.import(clips.short(), '--title', 'Nasty');
  const who = await new Client(node).signUp();
  cookie = who.cookie;
  const p = await who.json('POST', '/api/v1/playback', { title_id: film.title_id, device });
  base = p.hls_url.replace(/main\.m3u8$/, '');
  token = base.split('/')[2]!;
});
test.afterAll(async () => {
  await node.stop();
  node.remove();
});

const open = () =>
  new Promise<Socket>((done, fail) => {
    const s = connect(node.port, '127.0.0.1', () => done(s));
    s.on('error', fail);
  });

/** Sends bytes as they are; all that comes back until the other side closes or is quiet for a second. */
async function raw(bytes: string): Promise<string> {
  const s = await open();
  let got = '';
  let last = Date.now();
  let closed = false;
  s.on('data', (d) => ((got += d.toString('latin1')), (last = Date.now())));
  s.on('error', () => {});
  s.on('close', () => (closed = true));
  s.write(bytes, 'latin1');
  while (!closed && Date.now() - last < 1000) await pause(10);
  s.destroy();
  return got;
}
const statuses = (text: string) => [...text.matchAll(/^HTTP\/1\.[01] (\d{3})/gm)].map((m) => Number(m[1]));

interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: Buffer;
}
const get = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
  new Promise<Answer>((done, fail) => {
    const rq = request({ host: '127.0.0.1', port: node.port, path, method, headers, agent: false, timeout: 10_000 }, (rs) => {
      const parts: Buffer[] = [];
      rs.on('data', (p: Buffer) => parts.push(p));
      rs.on('end', () => done({ status: rs.statusCode ?? 0, headers: rs.headers, body: Buffer.concat(parts) }));
    });
    rq.on('timeout', () => rq.destroy(new Error('hangs')));
    rq.on('error', fail);
    rq.end();
  });

test('one request never becomes two', async () => {
  const inner = `DELETE /api/v1/session HTTP/1.1\r\nHost: localhost\r\nCookie: ${cookie}\r\nOrigin: http://localhost:${node.port}\r\nContent-Length: 0\r\n\r\n`;
  const chunk = `${inner.length.toString(16)}\r\n${inner}\r\n0\r\n\r\n`;
  const head = 'POST /api/v1/session HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n';
  const attempts: [string, string][] = [
    ['length and chunks', `${head}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${inner}`],
    ['chunks and length', `${head}Transfer-Encoding: chunked\r\nContent-Length: ${chunk.length}\r\n\r\n${chunk}`],
    ['two lengths', `${head}Content-Length: 0\r\nContent-Length: ${inner.length}\r\n\r\n${inner}`],
    ['a signed length', `${head}Content-Length: +${inner.length}\r\n\r\n${inner}`],
    ['a list of lengths', `${head}Content-Length: 0, ${inner.length}\r\n\r\n${inner}`],
    ['an odd coding', `${head}Transfer-Encoding: xchunked\r\n\r\n${chunk}`],
    ['two codings', `${head}Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n${chunk}`],
    ['a coding with a tab', `${head}Transfer-Encoding:\x0bchunked\r\n\r\n${chunk}`],
    ['a space before the colon', `${head}Transfer-Encoding : chunked\r\n\r\n${chunk}`],
    ['a folded line', `${head}X: a\r\n Transfer-Encoding: chunked\r\n\r\n${chunk}`],
    ['an endless chunk size', `${head}Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n${inner}`],
    ['a bare line feed', `POST /api/v1/session HTTP/1.1\nHost: localhost\nContent-Length: 4\nTransfer-Encoding: chunked\n\n0\r\n\r\n${inner}`],
    ['a GET with a body', `GET ${base}v1/0.m4s HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${inner.length}\r\nConnection: close\r\n\r\n${inner}`],
  ];
  for (const [what, bytes] of attempts) {
    const got = await raw(bytes);
    expect([what, statuses(got).includes(204)]).toEqual([what, false]);
    expect([what, (await get('/api/v1/session', { cookie })).status]).toEqual([what, 200]); // still signed in
  }
});

test('what cannot be a request is refused, and the connection closed', async () => {
  const line = (l: string, more = '') => `${l}\r\nHost: localhost\r\n${more}\r\n`;
  const attempts: [string, string, number[]][] = [
    ['no host', 'GET / HTTP/1.1\r\n\r\n', [400]],
    ['two hosts', 'GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n', [400]],
    ['a long address', line(`GET /${'a'.repeat(40_000)} HTTP/1.1`), [414]],
    ['a long header', line('GET / HTTP/1.1', `X: ${'a'.repeat(40_000)}\r\n`), [400]],
    ['many headers', line('GET /api/v1/session HTTP/1.1', 'X: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n'.repeat(1000)), [400]],
    ['no version', 'GET /\r\n\r\n', []],
    ['another version', 'GET / HTTP/3.0\r\nHost: h\r\n\r\n', [505]],
    ['HTTP/2 in the clear', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', [400]],
    ['a zero byte', line('GET /%00 HTTP/1.1'), [400]],
    ['above the root', line('GET /../../etc/passwd HTTP/1.1'), [400]],
    ['a broken escape', line('GET /%zz HTTP/1.1'), [400]],
    ['CONNECT', line('CONNECT example.org:443 HTTP/1.1'), [400]],
    ['TRACE', line('TRACE / HTTP/1.1'), [405]],
    ['TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', [400]],
    ['noise', Array.from({ length: 4000 }, (_, i) => String.fromCharCode((i * 7919) % 256)).join(''), [400]],
  ];
  for (const [what, bytes, wanted] of attempts) {
    const got = statuses(await raw(bytes));
    if (wanted.length) expect([what, got[0]]).toEqual([what, wanted[0]]);
    expect([what, got.length <= 1]).toEqual([what, true]);
  }
  expect((await get('/healthz')).status).toBe(200);
});

test('clients that dawdle keep nobody out', async () => {
  const slow = await Promise.all(Array.from({ length: 300 }, open));
  slow.forEach((s, i) => {
    s.on('error', () => {});
    s.write(i % 2 ? `GET ${base}v1/0.m4s HTTP/1.1\r\nHost: l` : 'POST /api/v1/session HTTP/1.1\r\nHost: localhost\r\nContent-Length: 500\r\n\r\n{');
  });
  try {
    for (let i = 0; i < 20; i++) {
      expect((await get('/api/v1/session', { cookie })).status).toBe(200);
      expect((await get(`${base}v1/0.m4s`)).status).toBe(200);
    }
  } finally {
    slow.forEach((s) => s.destroy());
  }
});

test('HTTP/1.0 gets the whole and the connection closed', async () => {
  const whole = (await get(`${base}v1/0.m4s`)).body;
  const got = await raw(`GET ${base}v1/0.m4s HTTP/1.0\r\n\r\n`);
  expect(statuses(got)).toEqual([200]);
  expect(got.slice(got.indexOf('\r\n\r\n') + 4)).toBe(whole.toString('latin1'));
  expect(got).toMatch(/^Connection: close/im);
  const head = await raw(`HEAD ${base}v1/0.m4s HTTP/1.0\r\n\r\n`);
  expect([statuses(head), head.endsWith('\r\n\r\n')]).toEqual([[200], true]);
});

test('conditions', async () => {
  const path = `${base}v1/0.m4s`;
  const first = await get(path);
  const [etag, changed] = [String(first.headers.etag), String(first.headers['last-modified'])];
  const earlier = new Date(Date.parse(changed) - 86_400_000).toUTCString();
  const ask = async (headers: Record<string, string>) => (await get(path, headers)).status;
  expect(await ask({ 'if-none-match': etag })).toBe(304);
  expect(await ask({ 'if-none-match': `"x", ${etag}` })).toBe(304);
  expect(await ask({ 'if-none-match': '*' })).toBe(304);
  expect(await ask({ 'if-none-match': '"x"' })).toBe(200);
  expect(await ask({ 'if-modified-since': changed })).toBe(304);
  expect(await ask({ 'if-modified-since': earlier })).toBe(200);
  expect(await ask({ 'if-modified-since': 'yesterday' })).toBe(200);
  expect(await ask({ 'if-none-match': '"x"', 'if-modified-since': changed })).toBe(200); // RFC 9110 section 13.2.2
  expect(await ask({ 'if-match': '"x"' })).toBe(412);
  expect(await ask({ 'if-unmodified-since': earlier })).toBe(412);
  expect(await ask({ range: 'bytes=0-9', 'if-range': changed })).toBe(206);
  expect(await ask({ range: 'bytes=0-9', 'if-range': earlier })).toBe(200);
  const not = await get(path, { 'if-none-match': etag });
  expect([not.body.length, not.headers['cache-control']]).toEqual([0, 'public, max-age=31536000, immutable']);
});

test('ranges', async () => {
  const path = `${base}v1/0.m4s`;
  const whole = (await get(path)).body;
  const ask = async (range: string) => await get(path, { range });
  for (const [range, from, to] of [['bytes=0-0', 0, 1], ['bytes=-1', -1, undefined], [`bytes=-${whole.length * 2}`, 0, undefined], [`bytes=${whole.length - 1}-`, -1, undefined]] as const) {
    const r = await ask(range);
    expect([range, r.status, r.body.equals(whole.subarray(from, to))]).toEqual([range, 206, true]);
  }
  for (const range of [`bytes=${whole.length}-`, 'bytes=99999999999-', 'bytes=-0', 'bytes=5-2', 'bytes=a-b', 'bytes=--5', 'bytes=18446744073709551616-', 'bytes=-18446744073709551617']) {
    const r = await ask(range);
    expect([range, r.status, r.body.equals(whole) || r.status === 416]).toEqual([range, r.status === 200 ? 200 : 416, true]);
  }
  // A thousand times the same bytes are not sent a thousand times.
  const many = await ask(`bytes=${Array(500).fill('0-').join(',')}`);
  expect(many.body.length).toBeLessThan(2 * whole.length);
  expect((await ask('seconds=1-2')).status).toBe(200);
});

test('tokens and names that are wrong, each with its reason', async () => {
  const asset = base.split('/')[3]!;
  const bits = (at: number) => token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') + token.slice(at + 1);
  for (const bad of ['', 'x', '~', 'AAAA', token.slice(1), token + 'A', `${token}=`, bits(0), bits(30), bits(token.length - 2), token.toUpperCase(), 'A'.repeat(2048), 'A'.repeat(7000), `${token}${token}`]) {
    const r = await get(`/m/${bad}/${asset}/d/v1/0.m4s`);
    expect([bad.length, r.status, typeof r.headers['x-matinee-reason']]).toEqual([bad.length, 403, 'string']);
  }
  expect((await get(`/m/${'A'.repeat(9000)}/${asset}/d/v1/0.m4s`)).status).toBe(414);
  for (const name of ['v1/-1.m4s', 'v1/4294967295.m4s', 'v1/4294967296.m4s', 'v1/18446744073709551616.m4s', 'v1/99999.m4s', 'v1/0x0.m4s', 'v1/0.m4s/', 'v1/0.M4S', 'v99/0.m4s', 'v0/0.m4s', 'v/0.m4s', 'v12345/0.m4s', 'v1/', 'v1', 'v1.idx', 'asset.json', 'v1/init.mp4.bak']) {
    const r = await get(base + name);
    expect([name, r.status, r.headers['x-matinee-reason']]).toEqual([name, 404, 'not_found']);
  }
  // One spelling a thing: what is written otherwise is the same thing or none, and never another.
  const plain = (await get(`${base}v1/0.m4s`)).body;
  for (const path of [`/m/${token}/${asset}/d/%761/0.m4s`, `//m/${token}/${asset}/d/v1/0.m4s`, `/m/${token}//${asset}/d/v1/0.m4s`, `/m/./${token}/${asset}/d/v1/0.m4s`, `/m/${token}/${asset}/d/v2/../v1/0.m4s`, `/m/${token}/${asset}/d/v1/0.m4s?x=1`, `/m/${encodeURIComponent(token)}/${asset}/d/v1/0.m4s`]) {
    const r = await get(path);
    expect([path.length, r.status === 200 ? r.body.equals(plain) : r.status >= 400 && r.status < 500]).toEqual([path.length, true]);
  }
  for (const path of [`/m/${token}/${asset}/../../../token.keys`, `/m/${token}/${asset}/d/..%2f..%2f..%2f..%2fmaster.key`, `/art/../../master.key`, `/art/..%2f..%2fmaster.key`, `/assets/..%5c..%5cpackage.json`])
    expect((await get(path)).body.toString('latin1')).not.toMatch(/[0-9a-f]{64}|"scripts"/);
});

test('other origins may ask first', async () => {
  const r = await get(`${base}v1/0.m4s`, { origin: 'https://player.example', 'access-control-request-method': 'GET', 'access-control-request-headers': 'range' }, 'OPTIONS');
  expect([r.status, r.headers['access-control-allow-origin'], r.body.length]).toEqual([204, '*', 0]);
  const api = await get('/api/v1/session', { origin: 'https://player.example', 'access-control-request-method': 'POST' }, 'OPTIONS');
  expect(api.headers['access-control-allow-origin']).toBeUndefined();
});

test('none of it left the token in a log', () => {
  const files = readdirSync(node.data, { recursive: true, encoding: 'utf8' }).map((f) => join(node.data, f)).filter((f) => /log(\.\d+)?$/.test(f) && statSync(f).isFile());
  expect(files.some((f) => f.endsWith('delivery.log'))).toBe(true);
  for (const file of [node.log, ...files]) {
    const text = readFileSync(file, 'latin1').toLowerCase();
    for (let i = 0; i + 24 <= token.length; i += 8) expect([file, text.includes(token.slice(i, i + 24).toLowerCase())]).toEqual([file, false]);
  }
});
