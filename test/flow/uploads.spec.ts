// Files that come in pieces: tus and the IETF draft, by tus-js-client and Uppy, through broken connections and a killed server, and what they become.
import { expect, test } from '@playwright/test';
import { Uppy } from '@uppy/core';
import UppyTus from '@uppy/tus';
import { createHash, randomBytes } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer, connect, type Server, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import * as tus from 'tus-js-client';
import { clip } from '../lib/media.ts';
import { binary, Client, freePort, MatineeNode } from '../lib/node.ts';
import { descendants } from '../lib/processes.ts';

const node = new MatineeNode();
const editor = new Client(node);
const MB = 1 << 20;
const sha256 = (b: Buffer) => createHash('sha256').update(b).digest('hex');

/** A line that breaks: hangs up when so many bytes more have gone up it. */
class Line {
  server!: Server;
  port = 0;
  cuts: number[] = [];
  cut = 0;
  onBytes: ((all: number) => void) | undefined;
  #sockets = new Set<Socket>();
  all = 0;

  async start(): Promise<this> {
    this.port = await freePort();
    this.server = createServer((near) => {
      const far = connect(node.port, 'localhost');
      let left = this.cuts.shift() ?? Infinity;
      for (const s of [near, far]) {
        this.#sockets.add(s);
        s.on('error', () => {}).on('close', () => (near.destroy(), far.destroy(), this.#sockets.delete(s)));
      }
      near.on('data', (d) => {
        this.all += d.length;
        left -= d.length;
        this.onBytes?.(this.all);
        if (left < 0) {
          this.cut++;
          near.destroy();
          far.destroy();
        } else if (!far.write(d)) {
          near.pause();
          far.once('drain', () => near.resume());
        }
      });
      far.pipe(near);
    });
    await new Promise<void>((done) => this.server.listen(this.port, 'localhost', done));
    return this;
  }
  get url() {
    return `http://localhost:${this.port}`;
  }
  stop() {
    for (const s of this.#sockets) s.destroy();
    this.server.close();
  }
}

function send(url: string, body: Buffer, options: Partial<tus.UploadOptions> = {}): Promise<string> {
  return new Promise((done, fail) => {
    const upload = new tus.Upload(body, {
      endpoint: `${url}/api/v1/uploads`,
      headers: { origin: url, cookie: editor.cookie },
      retryDelays: Array(200).fill(50),
      metadata: { filename: 'film.bin' },
      onShouldRetry: (e) => !((e as tus.DetailedError).originalResponse?.getStatus()! >= 400 && (e as tus.DetailedError).originalResponse?.getStatus() !== 409 && (e as tus.DetailedError).originalResponse?.getStatus() !== 423 && (e as tus.DetailedError).originalResponse?.getStatus()! < 500),
      onError: fail,
      onSuccess: () => done(upload.url!.replace(/.*\//, '')),
      ...options,
    });
    upload.start();
  });
}

/** The other client of npm. In Node it takes a buffer, of which it only wants to know the length as a file's. */
async function sendByUppy(url: string, body: Buffer): Promise<string> {
  const quiet = () => {};
  const uppy = new Uppy({ logger: { debug: quiet, warn: quiet, error: quiet } });
  uppy.use(UppyTus, { endpoint: `${url}/api/v1/uploads`, headers: { origin: url, cookie: editor.cookie }, retryDelays: Array(200).fill(50), allowedMetaFields: ['filename'] });
  const data = Object.assign(Buffer.from(body.buffer, body.byteOffset, body.length), { size: body.length }) as unknown as Blob;
  uppy.addFile({ name: 'film.bin', type: 'application/octet-stream', data, meta: { filename: 'film.bin' } });
  const { failed = [], successful = [] } = (await uppy.upload()) ?? {};
  if (failed.length) throw new Error(String(failed[0]!.error));
  uppy.destroy();
  return (successful[0] as { uploadURL?: string }).uploadURL!.replace(/.*\//, '');
}
const clients: [string, (url: string, body: Buffer) => Promise<string>][] = [['tus-js-client', send], ['Uppy', sendByUppy]];

const head = (extra: Record<string, string> = {}) => ({ 'tus-resumable': '1.0.0', ...extra });
async function begin(size: number, metadata: Record<string, string> = {}): Promise<string> {
  const text = Object.entries(metadata).map(([k, v]) => `${k} ${Buffer.from(v).toString('base64')}`).join(',');
  const r = await editor.call('POST', '/api/v1/uploads', undefined, head({ 'upload-length': String(size), ...(text ? { 'upload-metadata': text } : {}) }));
  expect(r.status).toBe(201);
  return r.headers.get('location')!;
}
const piece = (at: string, offset: number, body: string, extra: Record<string, string> = {}) =>
  editor.call('PATCH', at, body, head({ 'content-type': 'application/offset+octet-stream', 'upload-offset': String(offset), ...extra }));
const offset = async (at: string) => Number((await editor.call('HEAD', at, undefined, head())).headers.get('upload-offset'));

test.beforeAll(async () => {
  await node.start();
  execFileSync(binary, ['user', 'create', 'editor@example.org', '--role', 'viewer,editor', '--data', node.data], { input: 'a long enough password\n' });
  await editor.json('POST', '/api/v1/session', { email: 'editor@example.org', password: 'a long enough password' });
});
test.afterAll(async () => {
  await node.stop();
  node.remove();
});

test('a client finds out what is spoken, and a stranger gets nothing', async () => {
  const r = await fetch(`${node.url}/api/v1/uploads`, { method: 'OPTIONS' });
  expect(r.status).toBe(204);
  expect(r.headers.get('tus-version')).toBe('1.0.0');
  expect(r.headers.get('tus-extension')).toContain('checksum');
  expect(r.headers.get('upload-draft-interop-version')).toBe('6');
  const at = await begin(3);
  const other = await new Client(node).signUp('mallory');
  expect((await other.call('HEAD', at, undefined, head())).status).toBe(403);
  expect((await new Client(node).call('HEAD', at, undefined, head())).status).toBe(401);
  expect((await editor.call('DELETE', at, undefined, head())).status).toBe(204);
  expect((await editor.call('HEAD', at, undefined, head())).status).toBe(404);
});

for (const [name, by] of clients)
  test(`${name}: twenty broken connections later every byte is there, once`, async () => {
    const line = await new Line().start();
    const body = randomBytes(6 * MB);
    line.cuts = Array.from({ length: 20 }, (_, i) => 20_000 + ((i * 7919) % 13) * 40_000);
    const id = await by(line.url, body);
    line.stop();
    expect(line.cut).toBe(20);
    expect(await editor.json('GET', `/api/v1/uploads/${id}`)).toMatchObject({ state: 'whole', file_name: 'film.bin', offset: body.length, size: body.length, sha256: sha256(body), import_id: null });
  });

test('the server is killed in the middle, and the upload goes on', async () => {
  const line = await new Line().start();
  const body = randomBytes(24 * MB);
  let killed: Promise<void> | undefined;
  line.onBytes = (all) => {
    if (all > 12 * MB && !killed)
      killed = (async () => {
        node.kill();
        await node.exited();
        await node.start();
      })();
  };
  const id = await send(line.url, body, { chunkSize: 4 * MB });
  await killed;
  line.stop();
  expect(killed).toBeDefined();
  expect(line.all).toBeLessThan(body.length + 9 * MB); // what was promised was not sent again
  expect(await editor.json('GET', `/api/v1/uploads/${id}`)).toMatchObject({ state: 'whole', sha256: sha256(body) });
});

test('the draft that is to become the standard is spoken, too, through broken connections', async () => {
  const line = await new Line().start();
  const body = randomBytes(3 * MB);
  line.cuts = [Infinity, 300_000, Infinity, 700_000];
  const id = await send(line.url, body, { protocol: tus.Upload ? 'ietf-draft-05' : undefined, chunkSize: MB } as any);
  line.stop();
  expect(await editor.json('GET', `/api/v1/uploads/${id}`)).toMatchObject({ state: 'whole', sha256: sha256(body) });
  const r = await editor.call('POST', '/api/v1/uploads?filename=x.bin', 'abc', { 'upload-draft-interop-version': '6', 'upload-complete': '?1', 'content-type': 'application/octet-stream' });
  expect([r.status, r.headers.get('upload-complete'), (await r.json()).state]).toEqual([201, '?1', 'whole']);
  const odd = await editor.call('POST', '/api/v1/uploads', 'abc', { 'upload-draft-interop-version': '3', 'upload-complete': '?1', 'content-type': 'application/octet-stream' });
  expect([odd.status, (await odd.json()).code]).toEqual([400, 'upload.protocol']);
});

test('pieces that are damaged, out of order or too long are refused, and nothing of them stays', async () => {
  const at = await begin(6);
  const wrong = await piece(at, 0, 'abc', { 'upload-checksum': `sha1 ${createHash('sha1').update('xyz').digest('base64')}` });
  expect([wrong.status, (await wrong.json()).code]).toEqual([460, 'upload.checksum']);
  expect(await offset(at)).toBe(0);
  const right = await piece(at, 0, 'abc', { 'upload-checksum': `sha1 ${createHash('sha1').update('abc').digest('base64')}` });
  expect([right.status, right.headers.get('upload-offset')]).toEqual([204, '3']);
  expect(right.headers.get('upload-expires')).toContain('GMT');
  const early = await piece(at, 0, 'abc');
  expect([early.status, (await early.json())['expected-offset']]).toEqual([409, 3]);
  expect((await piece(at, 3, 'defg')).status).toBe(413);
  expect((await piece(at, 3, 'd', { 'upload-checksum': 'crc32 AAAAAA==' })).status).toBe(400);
  expect((await editor.call('PATCH', at, 'def', head({ 'upload-offset': '3' }))).status).toBe(415);
  expect((await editor.call('PATCH', at, 'def', { 'tus-resumable': '0.2.0', 'upload-offset': '3' })).status).toBe(412);
  expect(await offset(at)).toBe(3);
  expect((await piece(at, 3, 'def')).status).toBe(204);
  expect((await editor.json('GET', at)).sha256).toBe(sha256(Buffer.from('abcdef')));
});

test('a file that is not the announced one is refused in words, and stays refused', async () => {
  const at = await begin(3, { filename: 'a.mp4', sha256: '0'.repeat(64) });
  const r = await piece(at, 0, 'abc');
  expect(r.status).toBe(422);
  expect(await r.json()).toMatchObject({ code: 'upload.hash_wrong', detail: expect.stringContaining('SHA-256') });
  expect((await editor.call('HEAD', at, undefined, head())).status).toBe(410);
  for (const bad of [{ 'upload-length': '-1' }, { 'upload-length': '3', 'upload-metadata': 'a !' }, {}])
    expect((await editor.call('POST', '/api/v1/uploads', undefined, head(bad as any))).status).toBe(400);
  expect((await editor.call('POST', '/api/v1/uploads', undefined, head({ 'upload-length': String(2 ** 45) }))).status).toBe(413);
});

test('an upload becomes a title; its twin is named; another becomes the film of the same title while it is watched', async () => {
  const tiny = (name: string, pattern: string) => clip(name, ['-f', 'lavfi', '-i', `${pattern}=size=160x90:rate=25:duration=2`, '-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p']);
  const ended = async (id: string) => {
    for (const end = Date.now() + 60_000; Date.now() < end; await pause(100)) {
      const i = await editor.json('GET', `/api/v1/imports/${id}`);
      if (['done', 'failed', 'cancelled'].includes(i.state)) return i;
    }
    throw new Error('the import does not end');
  };
  const first = readFileSync(tiny('upload-a.mp4', 'testsrc2')), second = readFileSync(tiny('upload-b.mp4', 'testsrc'));
  const id = await send(node.url, first, { metadata: { filename: 'a.mp4', title: 'Uploaded in pieces', import: 'true' } });
  const { import_id } = await editor.json('GET', `/api/v1/uploads/${id}`);
  const made = await ended(import_id);
  expect(made).toMatchObject({ state: 'done', title_name: 'Uploaded in pieces' });

  let steps: any[] = [];
  await expect(async () => { // the job of the last step ends a moment after the import
    steps = (await editor.json('GET', `/api/v1/jobs?import_id=${import_id}&limit=100`)).items;
    expect(steps.filter((j) => j.kind !== 'ingest.quality').map((j) => j.state)).toEqual(Array(10).fill('done'));
  }).toPass();
  expect(steps.find((j) => j.kind === 'ingest.probe').title_name).toBe('Uploaded in pieces');
  const publish = await editor.json('GET', `/api/v1/jobs/${steps.find((j) => j.kind === 'ingest.publish').id}`);
  expect(publish.log.at(-1).text).toMatch(/^done in /);
  expect((await editor.call('POST', `/api/v1/jobs/${publish.id}/cancel`)).status).toBe(409);
  await expect(async () => {
    const report = await editor.json('GET', `/api/v1/editor/titles/${made.title_id}/quality`);
    expect(report.import_id).toBe(import_id);
    expect(report.findings.map((f: any) => f.kind)).toContain('no_sound');
  }).toPass();

  const twin = await send(node.url, first, { metadata: { filename: 'again.mp4' } });
  expect((await editor.json('GET', `/api/v1/uploads/${twin}`)).duplicates).toEqual([{ import_id, title_id: made.title_id, title_slug: made.title_slug, title_name: 'Uploaded in pieces' }]);
  const refused = await editor.call('POST', `/api/v1/uploads/${twin}/import`, {});
  expect(await refused.json()).toMatchObject({ status: 409, code: 'import.duplicate', duplicates: [{ title_slug: made.title_slug }] });

  const play = async () => {
    const p = await editor.json('POST', '/api/v1/playback', { title_id: made.title_id, device: { kind: 'web', codecs: ['avc1.640028', 'mp4a.40.2'], drm: ['org.w3.clearkey'] } });
    return node.url + p.hls_url;
  };
  const before = await play();
  const other = await send(node.url, second, { metadata: { filename: 'b.mp4', title_id: made.title_id, import: 'true' } });
  const replaced = await ended((await editor.json('GET', `/api/v1/uploads/${other}`)).import_id);
  expect(replaced).toMatchObject({ state: 'done', title_id: made.title_id, title_slug: made.title_slug });
  expect(replaced.asset_id).not.toBe(made.asset_id);
  const after = await play();
  expect(before).toContain(made.asset_id);
  expect(after).toContain(replaced.asset_id);
  for (const url of [before, after]) expect((await fetch(url.replace(/[^/]*$/, 'v1/0.m4s'))).status, url).toBe(200);
});

// The promise of the house: whatever is sent, however often it breaks, the program stays small.
test('a GiB through fifty broken connections by either client, and ten at once: the app stays within 64 MB of its base', async () => {
  test.skip(process.env.MATINEE_LONG !== '1', 'ten GiB take minutes: MATINEE_LONG=1');
  const app = descendants(node.pid).find((p) => /^\S+ app /.test(p.command))!;
  const resident = () => Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${app.pid}/status`, 'utf8'))![1]) / 1024;
  const body = Buffer.alloc(1024 * MB);
  for (let at = 0; at < body.length; at += 16 * MB) randomBytes(16 * MB).copy(body, at);
  const sum = sha256(body);
  await send(node.url, body.subarray(0, MB));
  const base = resident();
  let most = base;
  const watch = setInterval(() => (most = Math.max(most, resident())), 100);
  for (const [name, by] of clients) {
    const line = await new Line().start();
    line.cuts = Array.from({ length: 50 }, () => Math.floor(Math.random() * 20 * MB));
    const began = Date.now();
    const id = await by(line.url, body);
    console.log(`${name}: 1 GiB, ${line.cut} broken connections: ${((Date.now() - began) / 1000).toFixed(1)} s, ${(line.all / MB).toFixed(0)} MiB sent; ${(most - base).toFixed(1)} MB over a base of ${base.toFixed(1)}`);
    expect(line.cut).toBe(50);
    expect((await editor.json('GET', `/api/v1/uploads/${id}`)).sha256).toBe(sum);
    line.stop();
  }
  const ten = await Promise.all(Array.from({ length: 10 }, (_, i) => clients[i % 2]![1](node.url, body)));
  clearInterval(watch);
  console.log(`ten at once: ${(most - base).toFixed(1)} MB over the base`);
  for (const one of ten) expect((await editor.json('GET', `/api/v1/uploads/${one}`)).sha256).toBe(sum);
  expect(most - base).toBeLessThan(64);
});
