// What the delivery module answers: bytes, ranges, types, tags, names, damage.
import { test, expect } from '@playwright/test';
import { renameSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Edge, asset, indexBytes, mint, open, until, writeTrack, type Track } from './edge.ts';

let edge: Edge;
let video: Track;
let base: string;

test.beforeAll(async () => {
  edge = new Edge();
  video = writeTrack(edge.folder, 'v1', [5000, 16384, 1_000_000, 5000, 1]);
  writeTrack(edge.folder, 'a1', [300], { type: 1 });
  writeTrack(edge.folder, 't1', [300], { type: 2, init: 0, suffix: 'vtts' });
  writeTrack(edge.folder, 'i1', [300], { type: 3, init: 0, suffix: 'tiles' });
  await edge.start();
  base = `/m/${await mint(edge.key)}/${asset}/d`;
});
test.afterAll(async () => await edge.stop());

test('a segment is exactly its bytes, cacheable for ever by anyone', async () => {
  for (const [n, bytes] of video.segments.entries()) {
    const r = await edge.get(`${base}/v1/${n}.m4s`);
    expect(r.status).toBe(200);
    expect(r.body.equals(bytes)).toBe(true);
    expect(r.headers['content-type']).toBe('video/mp4');
    expect(r.headers['cache-control']).toBe('public, max-age=31536000, immutable');
    expect(r.headers['access-control-allow-origin']).toBe('*');
    expect(r.headers['access-control-expose-headers']).toContain('Content-Range');
    expect(r.headers['accept-ranges']).toBe('bytes');
    expect(r.headers['last-modified']).toBeTruthy();
  }
  const init = await edge.get(`${base}/v1/init.mp4`);
  expect(init.body.equals(video.init)).toBe(true);
});

test('each kind of track has its type, and only its own suffix', async () => {
  const wanted: [string, string][] = [
    ['a1/0.m4s', 'audio/mp4'],
    ['t1/0.vtt', 'text/vtt; charset=utf-8'],
    ['i1/0.jpg', 'image/jpeg'],
  ];
  for (const [name, type] of wanted) expect((await edge.get(`${base}/${name}`)).headers['content-type']).toBe(type);
  for (const name of ['v1/0.vtt', 'v1/0.jpg', 't1/0.m4s', 'i1/0.m4s', 't1/init.mp4'])
    expect((await edge.get(`${base}/${name}`)).status, name).toBe(404);
});

test('HEAD and OPTIONS have no body, anything that writes is refused', async () => {
  const head = await edge.get(`${base}/v1/1.m4s`, {}, 'HEAD');
  expect([head.status, head.headers['content-length'], head.body.length]).toEqual([200, '16384', 0]);
  const options = await edge.get(`${base}/v1/1.m4s`, { origin: 'https://a.example', 'access-control-request-method': 'GET' }, 'OPTIONS');
  expect(options.status).toBe(204);
  expect(options.headers['access-control-allow-headers']).toContain('Range');
  for (const method of ['POST', 'PUT', 'DELETE']) {
    const r = await edge.get(`${base}/v1/1.m4s`, {}, method);
    expect([r.status, r.headers.allow]).toEqual([405, 'GET, HEAD, OPTIONS']);
  }
});

test('ranges', async () => {
  const whole = video.segments[1]!;
  const ask = async (range: string) => await edge.get(`${base}/v1/1.m4s`, { range });
  const first = await ask('bytes=0-99');
  expect([first.status, first.headers['content-range']]).toEqual([206, 'bytes 0-99/16384']);
  expect(first.body.equals(whole.subarray(0, 100))).toBe(true);
  expect((await ask('bytes=-10')).body.equals(whole.subarray(-10))).toBe(true);
  expect((await ask('bytes=16000-')).body.equals(whole.subarray(16000))).toBe(true);
  expect((await ask('bytes=16000-99999')).body.equals(whole.subarray(16000))).toBe(true);
  const two = await ask('bytes=0-9,100-109');
  expect(two.status).toBe(206);
  expect(two.headers['content-type']).toContain('multipart/byteranges');
  expect(two.body.includes(whole.subarray(100, 110))).toBe(true);
  const past = await ask('bytes=16384-');
  expect([past.status, past.headers['content-range']]).toEqual([416, 'bytes */16384']);
  expect(past.headers['cache-control']).toBe('no-store');
});

test('entity tags are strong and differ where the bytes do', async () => {
  const tag = async (path: string) => (await edge.get(`${base}/${path}`)).headers.etag ?? '';
  const [a, b] = [await tag('v1/0.m4s'), await tag('v1/3.m4s')]; // equal lengths, one file
  expect(a).toMatch(/^"[0-9a-f]{16}"$/);
  expect(b).not.toBe(a);
  expect(await tag('v1/0.m4s')).toBe(a);
  const same = await edge.get(`${base}/v1/0.m4s`, { 'if-none-match': a });
  expect([same.status, same.body.length]).toEqual([304, 0]);
  expect((await edge.get(`${base}/v1/0.m4s`, { 'if-none-match': b })).status).toBe(200);
  expect((await edge.get(`${base}/v1/0.m4s`, { 'if-range': a, range: 'bytes=0-1' })).status).toBe(206);
  expect((await edge.get(`${base}/v1/0.m4s`, { 'if-range': b, range: 'bytes=0-1' })).status).toBe(200);
});

test('what is not there is a 404 that nobody stores', async () => {
  for (const name of ['v1/5.m4s', 'v2/0.m4s', 'v1/00.m4s', 'v1/0.mp4', 'v1', '', 'v1.idx', 'asset.json', 'v1.cmaf', 'main.html', '../v1.idx']) {
    const r = await edge.get(`${base}/${name}`);
    expect([name, r.status]).toEqual([name, 404]);
    expect(r.headers['cache-control']).toBe('no-store');
    expect(r.headers['access-control-allow-origin']).toBe('*');
    expect(JSON.parse(r.body.toString()).code).toBe('delivery.not_found');
  }
  expect((await edge.get(`${base.replace(/d$/, 'D')}/v1/0.m4s`)).status).toBe(404);
});

test('manifests come from the app, once, and never with the token', async () => {
  edge.asked = [];
  for (const name of ['main.m3u8', 'main.mpd', 'v1.m3u8', 'v1.iframes.m3u8']) {
    for (let i = 0; i < 3; i++) {
      const r = await edge.get(`${base}/${name}`, { referer: `http://h${base}/main.m3u8`, 'x-matinee-internal': '7' });
      expect([r.status, r.body.toString()]).toEqual([200, '#EXTM3U\n']);
    }
  }
  expect(edge.asked.map((a) => a.url)).toEqual(
    ['main.m3u8', 'main.mpd', 'v1.m3u8', 'v1.iframes.m3u8'].map((n) => `/internal/manifest/${asset}/d/${n}`),
  );
  for (const a of edge.asked) expect(a.headers['x-matinee-internal']).toBe('1');
  expect(JSON.stringify(edge.asked)).not.toContain(base.split('/')[2]!.slice(0, 30));
  expect((await edge.get(`/internal/manifest/${asset}/d/main.m3u8`)).status).toBe(404);
});

test('a replaced index is noticed, a live one grows at once', async () => {
  const live = writeTrack(edge.folder, 'v7', [100, 200, 300]);
  const idx = join(edge.folder, 'v7.idx');
  writeFileSync(idx, indexBytes('v7.cmaf', live.extents.slice(0, 1), { init: 700 }));
  expect((await edge.get(`${base}/v7/0.m4s`)).body.length).toBe(100);
  expect((await edge.get(`${base}/v7/1.m4s`)).status).toBe(404);
  writeFileSync(idx, indexBytes('v7.cmaf', live.extents.slice(0, 2), { init: 700 }));
  expect((await edge.get(`${base}/v7/1.m4s`)).body.length).toBe(200);
  writeFileSync(idx + '.new', indexBytes('v7.cmaf', [live.extents[2]!], { init: 700 }));
  renameSync(idx + '.new', idx);
  await pause(60); // matinee_index_valid
  expect((await edge.get(`${base}/v7/0.m4s`)).body.length).toBe(300);
});

test('damage is a 500 at once, with a line that names the file', async () => {
  const name = (n: number) => `v${20 + n}`;
  const damages: [string, (track: string) => void][] = [
    ['index cut short', (t) => truncateSync(join(edge.folder, `${t}.idx`), 150)],
    ['index empty', (t) => truncateSync(join(edge.folder, `${t}.idx`), 0)],
    ['object cut short', (t) => truncateSync(join(edge.folder, `${t}.cmaf`), 5000)],
    ['object gone', (t) => unlinkSync(join(edge.folder, `${t}.cmaf`))],
    ['object of another place', (t) => writeFileSync(join(edge.folder, `${t}.idx`), indexBytes('../x', Array(2).fill({ offset: 0, length: 9 })))],
  ];
  for (const [n, [what, damage]] of damages.entries()) {
    writeTrack(edge.folder, name(n), [100, 9000]);
    damage(name(n));
    const r = await edge.get(`${base}/${name(n)}/1.m4s`);
    expect([what, r.status, r.headers['cache-control']]).toEqual([what, 500, 'no-store']);
    expect(edge.errors, what).toContain(what.startsWith('object cut') ? `${name(n)}.cmaf` : `track ${name(n)}`);
  }
});

test('an object cut short while it is open ends the connection, not the worker', async () => {
  const track = writeTrack(edge.folder, 'v40', [100, 5_000_000]);
  expect((await edge.get(`${base}/v40/0.m4s`)).status).toBe(200);
  const workers = edge.workers;
  truncateSync(join(edge.folder, 'v40.cmaf'), track.extents[1]!.offset + 1000);
  await expect(edge.get(`${base}/v40/1.m4s`)).rejects.toThrow(/aborted|hang up|ECONNRESET/);
  expect(edge.workers).toEqual(workers);
  expect((await edge.get(`${base}/v1/0.m4s`)).status).toBe(200);
});

test('a client that goes in the middle costs nothing', async () => {
  writeTrack(edge.folder, 'v50', [20_000_000]); // more than the kernel holds for it
  const s = await open(edge.port);
  s.write(`GET ${base}/v50/0.m4s HTTP/1.1\r\nHost: h\r\n\r\n`);
  await new Promise((done) => s.once('data', done));
  s.resetAndDestroy();
  await until('it is logged', () => edge.delivery.some((l) => l.includes('track=v50 ') && l.includes('aborted=true')));
  expect((await edge.get(`${base}/v50/0.m4s`)).body.length).toBe(20_000_000);
});
