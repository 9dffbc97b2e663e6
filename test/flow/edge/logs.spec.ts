// No token in any log, whatever is asked; and what the delivery log does say.
import { test, expect } from '@playwright/test';
import { execFileSync } from 'node:child_process';
import { closeSync, existsSync, openSync, readdirSync, readFileSync, readSync, constants, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { connect as connectHttp2 } from 'node:http2';
import { setTimeout as pause } from 'node:timers/promises';
import { Edge, asset, mint, newKey, open, otherAsset, playback, until, writeTrack } from './edge.ts';

/** Any 24 characters of it would do to find the rest in a leak. */
function leaks(text: string, token: string): string[] {
  const found: string[] = [];
  for (let i = 0; i + 24 <= token.length; i += 8) {
    const at = text.indexOf(token.slice(i, i + 24));
    if (at >= 0) found.push(text.slice(Math.max(0, at - 80), at + 60));
  }
  return found;
}

test('no token in any log, at any level, whatever goes wrong', async () => {
  const edge = new Edge();
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost', '-keyout', join(edge.dir, 'k.pem'), '-out', join(edge.dir, 'c.pem')], { stdio: 'ignore' });
  writeTrack(edge.folder, 'v1', [100, 20_000_000]);
  writeTrack(edge.folder, 'v2', [100, 9000]);
  await edge.start({ logLevel: 'info', tls: { cert: join(edge.dir, 'c.pem'), key: join(edge.dir, 'k.pem') } });
  try {
    const token = await mint(edge.key);
    const path = `/m/${token}/${asset}/d`;
    const line = (p: string) => `GET ${p} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n`;
    // well-formed, refused in every way
    await edge.get(`${path}/v1/0.m4s?token=${token}`, { referer: `http://h${path}/main.m3u8`, cookie: `t=${token}` });
    for (const p of [`${path}/v9/0.m4s`, `${path}/v1/77.m4s`, `/m/${token}/${otherAsset}/d/v1/0.m4s`, `/m/${token}`, `${path}/v1/0.m4s/`, `//m//${token}/x`, `/%6d/${token}/${asset}/d/v1/0.m4s`, `/M/${token}/`, `/x${path}/v1/0.m4s`, `/api/x/${token}?${token}`, `/api/${token}`])
      await edge.get(p);
    await edge.get(`/m/${await mint(newKey('k1'))}/${asset}/d/v1/0.m4s`);
    await edge.get(`${path}/v1/0.m4s`, { range: 'bytes=99999-' });
    await edge.get(`${path}/v1/0.m4s`, {}, 'POST');
    // the app is gone, or answers nonsense
    edge.answer = () => ({ status: 500, type: 'text/plain', body: 'no' });
    await edge.get(`${path}/v1.m3u8`);
    edge.backend!.close();
    edge.backend!.closeAllConnections();
    await edge.get(`${path}/main.mpd`, { referer: `http://h${path}` });
    // files that are damaged
    truncateSync(join(edge.folder, 'v2.cmaf'), 5000);
    await edge.get(`${path}/v2/1.m4s`);
    truncateSync(join(edge.folder, 'v2.idx'), 100);
    await pause(60);
    await edge.get(`${path}/v2/0.m4s`);
    // requests that never parse
    for (const bad of [
      `GET ${path}/v1/0.m4s HTTP/9.9\r\n\r\n`, `GE\x01T ${path} HTTP/1.1\r\n\r\n`, `GET ${path}/\x01 HTTP/1.1\r\nHost: h\r\n\r\n`,
      `GET ${path}\r\n\r\n`, `GET ${path} HTTP/1.1\r\nHost: h\r\nBad Header: x\r\n\r\n`, `GET ${path} HTTP/1.1\r\n\r\n`,
      `GET ${path} HTTP/1.1\r\nHost: a b\r\n\r\n`, `GET ${path} HTTP/1.1\r\nHost: h\r\nContent-Length: x\r\n\r\n`,
      `GET ${path} HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: x\r\n\r\n`, `GET ${path}/${'a'.repeat(40000)} HTTP/1.1\r\nHost: h\r\n\r\n`,
      `GET ${path} HTTP/1.1\r\nHost: h\r\nX: ${'a'.repeat(40000)}\r\n\r\n`, `GET http://h${path} HTTP/1.1\r\nHost: h\r\n\r\n`,
      `GET ${path}/%zz HTTP/1.1\r\nHost: h\r\n\r\n`, `GET ${path}/%00 HTTP/1.1\r\nHost: h\r\n\r\n`, `GET ${path}/../../../.. HTTP/1.1\r\nHost: h\r\n\r\n`,
      `PRI ${path} HTTP/2.0\r\n\r\n`, `CONNECT ${path} HTTP/1.1\r\nHost: h\r\n\r\n`, `${path}\r\n\r\n`,
      `POST ${path} HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999\r\n\r\nx`, line(`${path}/v1/0.m4s#x`), line(path.toUpperCase()),
    ])
      await edge.raw(bad, 300);
    await edge.raw(`GET ${path} HTTP/1.1\r\nHost: h\r\n\r\n`, 300, edge.tlsPort); // plain to the TLS port
    // clients that go: in the line, in the headers, in the body
    for (const part of [`GET ${path.slice(0, 60)}`, `GET ${path} HTTP/1.1\r\nHo`, line(`${path}/v1/1.m4s`)]) {
      const s = await open(edge.port);
      s.on('error', () => {});
      s.write(part);
      await pause(50);
      s.resetAndDestroy();
    }
    // HTTP/2
    const h2 = connectHttp2(`https://localhost:${edge.tlsPort}`, { rejectUnauthorized: false });
    for (const p of [`${path}/v1/0.m4s`, `${path}/v9/0.m4s`, `${path}/main.mpd`, `${path}/%00`, `/api/${token}`])
      await new Promise<void>((done) => {
        const rq = h2.request({ ':path': p, referer: path });
        rq.on('close', () => done());
        rq.on('error', () => done());
        rq.resume();
        rq.end();
      });
    h2.destroy();
    await pause(400);
    const logs = edge.errors + edge.delivery.join('\n');
    expect(leaks(logs, token)).toEqual([]);
    expect(leaks(logs.toLowerCase(), token.toLowerCase())).toEqual([]);
    // The test would be empty if nothing had been logged of these.
    for (const what of ['connect() to unix:', 'too long URI', 'invalid', 'cut short', 'is damaged', 'GET /m/~', 'GET /api/x/~'])
      expect(edge.errors, what).toContain(what);
  } finally {
    await edge.stop();
  }
});

function fields(line: string): Record<string, string> {
  return Object.fromEntries(line.split(' ').map((f) => [f.slice(0, f.indexOf('=')), f.slice(f.indexOf('=') + 1)]));
}

test('a line a request: who watched what, how many bytes, how soon', async () => {
  const edge = new Edge();
  writeTrack(edge.folder, 'v1', [5000]);
  await edge.start();
  try {
    const token = await mint(edge.key);
    const cmcd = 'br=3200,bs,d=4004,nor="../secret",sid="6e2fb550-c457",cid="a b",x-y=1,bl=12000';
    await edge.get(`/m/${token}/${asset}/h720/v1/0.m4s?CMCD=${encodeURIComponent(cmcd)}`, { 'cmcd-status': 'rtp=1500', range: 'bytes=0-99' });
    await edge.get(`/m/${token}/${asset}/h720/main.mpd`);
    await edge.get(`/m/${token}/${asset}/h720/main.mpd`);
    await edge.get(`/m/${await mint(edge.key, { exp: 1000 })}/${asset}/h720/v1/0.m4s`);
    await edge.get(`/m/nonsense/${asset}/h720/v1/0.m4s?CMCD=br%3D1`);
    await until('five lines', () => edge.delivery.length === 5);
    const [segment, miss, hit, expired, nonsense] = edge.delivery.map(fields);
    expect(segment).toMatchObject({
      event: 'delivery.request', playback, asset, view: 'h720', track: 'v1', n: '0', status: '206', bytes: '100', cache: 'file',
      cmcd_br: '3200', cmcd_bs: 'true', cmcd_d: '4004', cmcd_sid: '6e2fb550-c457', cmcd_bl: '12000', cmcd_rtp: '1500',
    });
    expect(Number(segment!.ttfb_ms)).toBeGreaterThanOrEqual(0);
    expect(Number(segment!.sent)).toBeGreaterThan(300);
    for (const key of ['cmcd_nor', 'cmcd_cid', 'cmcd_x-y', 'client']) expect(segment).not.toHaveProperty(key);
    expect(miss).toMatchObject({ manifest: 'main.mpd', cache: 'MISS', status: '200', playback });
    expect(hit).toMatchObject({ cache: 'HIT' });
    expect(expired).toMatchObject({ status: '403', reason: 'expired', playback });
    // Nothing that an unknown sender wrote is taken for true.
    expect(Object.keys(nonsense!).sort()).toEqual(['bytes', 'event', 'level', 'ms', 'process', 'reason', 'sent', 'status', 'time', 'ttfb_ms']);
    expect(edge.delivery.join()).not.toContain('127.0.0.1');
  } finally {
    await edge.stop();
  }
});

test('addresses of clients only when asked for', async () => {
  const edge = new Edge();
  await edge.start({ http: 'matinee_log_client on;' });
  try {
    await edge.get('/m/x/y');
    await until('a line', () => edge.delivery.length === 1);
    expect(fields(edge.delivery[0]!).client).toBe('127.0.0.1');
  } finally {
    await edge.stop();
  }
});

test('a reader that sleeps costs lines, which are counted, and no request', async () => {
  const edge = new Edge();
  const fifo = join(edge.dir, 'fifo');
  execFileSync('mkfifo', [fifo]);
  await edge.start({ log: fifo }); // nobody reads: the start must not wait
  const reader = openSync(fifo, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const [rounds, each] = [12, 500]; // more than the pipe and the writer's own buffers hold
    const bytes = 'GET /m/x/y HTTP/1.1\r\nHost: h\r\n\r\n'.repeat(each - 1) + 'GET /m/x/y HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n';
    for (let i = 0; i < rounds; i++) expect((await edge.raw(bytes, 10_000)).split('HTTP/1.1 403').length - 1).toBe(each);
    const chunk = Buffer.alloc(1 << 20);
    let text = '';
    const drain = () => {
      try {
        for (let n; (n = readSync(reader, chunk)) > 0; ) text += chunk.toString('latin1', 0, n);
      } catch {
        // empty for now
      }
    };
    let [lines, dropped] = [0, 0];
    await until('every line is there or counted', () => {
      drain();
      lines = text.split('\n').filter((l) => l.includes('event=delivery.request')).length;
      dropped = [...text.matchAll(/delivery\.dropped lines=(\d+)/g)].reduce((n, m) => n + Number(m[1]), 0);
      return lines + dropped === rounds * each;
    });
    expect(dropped).toBeGreaterThan(0);
  } finally {
    closeSync(reader);
    await edge.stop();
  }
});

test('a log that has grown is put aside while workers write, and no line is lost over it', async () => {
  const edge = new Edge();
  const log = join(edge.dir, 'delivery.log');
  await edge.start({ log: `${log} max=4k keep=900`, workers: 2 });
  try {
    const n = 600;
    for (let i = 0; i < n; i += 20) await Promise.all(Array.from({ length: 20 }, (_, j) => edge.get(`/m/x/y?CMCD=${i + j}`)));
    await edge.reload();
    await edge.get('/m/x/y');
    const all = () => readdirSync(edge.dir).filter((f) => /^delivery\.log/.test(f)).flatMap((f) => readFileSync(join(edge.dir, f), 'utf8').split('\n').filter(Boolean));
    await until('every line', () => all().length >= n + 1);
    expect(all().length).toBe(n + 1);
    for (const l of all()) expect(l).toMatch(/^time=\S+ level=info process=edge event=delivery\.request .*status=403/);
    expect(existsSync(`${log}.2`)).toBe(true);
  } finally {
    await edge.stop();
  }
});
