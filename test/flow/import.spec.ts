// A film's way in: by the command line, by an editor's upload, cancelled, refused; what an editor sees meanwhile.
import { expect, test } from '@playwright/test';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { clips } from '../lib/media.ts';
import { binary, Client, MatineeNode } from '../lib/node.ts';

const node = new MatineeNode();
const editor = new Client(node);
const folder = mkdtempSync(join(tmpdir(), 'matinee-import-'));

test.beforeAll(async () => {
  await node.start();
  await (await editor.signUp('ed')).become('viewer,editor');
});
test.afterAll(async () => {
  await node.stop();
  node.remove();
  rmSync(folder, { recursive: true, force: true });
});

const subtitles = (text: string) => {
  const path = join(folder, `${text}.srt`);
  writeFileSync(path, `1\n00:00:00,500 --> 00:00:03,000\n${text}\n`);
  return path;
};

async function ended(id: string): Promise<any> {
  for (const end = Date.now() + 120_000; Date.now() < end; await pause(200)) {
    const i = await editor.json('GET', `/api/v1/imports/${id}`);
    if (['done', 'failed', 'cancelled'].includes(i.state)) return i;
  }
  throw new Error('the import does not end');
}

async function upload(name: string, body: Uint8Array, query = ''): Promise<Response> {
  return await fetch(`${node.url}/api/v1/imports?filename=${encodeURIComponent(name)}${query}`, {
    method: 'POST',
    headers: { origin: node.url, cookie: editor.cookie, 'content-type': 'video/mp4' },
    body,
  });
}

test('a film imported by command has its soundtracks, subtitles and pictures, and plays', async () => {
  const made = node.import(clips.short(), '--title', 'Counting', '--lang', 'en', '--subtitle', `en:${subtitles('one')}`,
    '--subtitle', `fra:${subtitles('un')}`);
  expect(made.slug).toBe('counting');
  const title = await editor.json('GET', '/api/v1/titles/counting');
  expect(title.published).toBe(true);
  expect(title.text.map((t: any) => [t.lang, t.label])).toEqual([['en', 'English'], ['fr', 'Français']]);
  expect(title.audio.map((t: any) => t.lang)).toEqual(['en']);
  const poster = await fetch(node.url + title.poster.src);
  expect(poster.headers.get('content-type')).toBe('image/jpeg');
  const play = await editor.json('POST', '/api/v1/playback', {
    title_id: made.title_id,
    device: { kind: 'web', codecs: ['avc1.640028', 'mp4a.40.2'], drm: ['org.w3.clearkey'] },
  });
  const master = await (await fetch(node.url + play.hls_url)).text();
  expect(master).toContain('URI="t2.m3u8"');
  const base = node.url + play.hls_url.replace(/[^/]*$/, '');
  const vtt = await (await fetch(`${base}t2/0.vtt`)).text();
  expect(vtt).toContain('un');
  expect((await fetch(`${base}v1/0.m4s`)).status).toBe(200);
});

test('progress as JSON lines only ever grows, and ends with the address', () => {
  const out = node.run('import', clips.short(), '--json', '--no-publish', '--title', 'Twice', '--policy', 'preset=ultrafast');
  const lines = out.trim().split('\n').map((l) => JSON.parse(l));
  const progress = lines.map((l) => l.progress);
  expect(progress).toEqual([...progress].sort((a, b) => a - b));
  expect(lines.at(-1)).toMatchObject({ state: 'done', progress: 1, title_slug: 'twice', error: null });
  expect(lines.at(-1).url).toMatch(/^http:\/\/localhost:\d+\/title\/twice$/);
});

test('an editor uploads, watches the progress as events, and the title appears when it is whole', async () => {
  const r = await upload('a film.mp4', readFileSync(clips.short()), '&title=Uploaded');
  expect(r.status).toBe(202);
  const made = await r.json();
  const events = await fetch(`${node.url}/api/v1/imports/${made.id}/events`, { headers: { cookie: editor.cookie } });
  expect(events.headers.get('content-type')).toContain('text/event-stream');
  const text = await events.text(); // it ends by itself, with the import
  const states = [...text.matchAll(/^data: (.*)$/gm)].map((m) => JSON.parse(m[1]!));
  expect(states.length).toBeGreaterThan(1);
  expect(states.at(-1)).toMatchObject({ state: 'done', title_slug: 'uploaded' });
  expect((await editor.json('GET', '/api/v1/titles/uploaded')).runtime_s).toBe(12);
  expect((await editor.json('GET', '/api/v1/imports')).items[0].id).toBe(made.id);
});

test('an upload that is no film fails in words, with no title left', async () => {
  const r = await upload('notes.txt', Buffer.from('not a film at all '.repeat(99)));
  expect(r.status).toBe(202);
  const i = await ended((await r.json()).id);
  expect(i.state).toBe('failed');
  // The title goes in a transaction of its own, right after.
  await expect.poll(async () => (await editor.json('GET', `/api/v1/imports/${i.id}`)).title_id).toBeNull();
  expect(i.error.detail.length).toBeGreaterThan(20);
  const retried = await editor.json('POST', `/api/v1/imports/${i.id}/retry`);
  expect(retried.state).toBe('queued');
  expect((await ended(i.id)).state).toBe('failed');
});

test('an upload with a bad name, or empty, is refused at once', async () => {
  for (const name of ['../../etc/passwd', 'a\nb.mp4', '..']) {
    const r = await upload(name, Buffer.from('x'));
    expect(r.status, name).toBe(400);
  }
  const r = await upload('zero.mp4', new Uint8Array());
  expect(r.status).toBe(422);
  expect((await r.json()).code).toBe('import.file_empty');
});

test('a cancelled import takes everything it made with it', async () => {
  const r = await upload('long.mp4', readFileSync(clips.short()), '&title=Never');
  const { id } = await r.json();
  await editor.json('POST', `/api/v1/imports/${id}/cancel`);
  expect((await ended(id)).state).toBe('cancelled');
  // The title goes in a transaction of its own, right after.
  await expect.poll(async () => (await editor.call('GET', '/api/v1/titles/never')).status).toBe(404);
  expect((await editor.call('POST', `/api/v1/imports/${id}/cancel`)).status).toBe(409);
  await node.stop();
  node.run('gc');
  expect(readdirSync(join(node.data, 'work'))).toEqual([]);
  expect(existsSync(join(node.data, 'media/asset', id))).toBe(false);
  await node.start();
});

test('imports are for editors only', async () => {
  const viewer = await new Client(node).signUp('vera');
  expect((await viewer.call('GET', '/api/v1/imports')).status).toBe(403);
  expect((await new Client(node).call('GET', '/api/v1/imports')).status).toBe(401);
});

test('package writes a tree that needs no server of ours', () => {
  const out = join(folder, 'tree');
  execFileSync(binary, ['package', clips.short(), '--out', out, '--clear', '--policy', 'preset=ultrafast'], { stdio: 'pipe' });
  expect(readdirSync(out)).toEqual(expect.arrayContaining(['main.m3u8', 'main.mpd', 'v1', 'a1', 'i1']));
  const decoded = execFileSync('ffmpeg', ['-v', 'error', '-i', join(out, 'main.m3u8'), '-f', 'null', '-'], { encoding: 'utf8' });
  expect(decoded).toBe('');
  expect(() => execFileSync(binary, ['package', clips.short(), '--out', out, '--clear'], { stdio: 'pipe' })).toThrow();
});
