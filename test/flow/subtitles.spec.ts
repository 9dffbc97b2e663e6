// An editor's subtitles: sent, found out, shown to who presses Play, edited, moved, flagged, taken back. Over HTTP.
import { expect, test } from '@playwright/test';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { clip } from '../lib/media.ts';
import { Client, MatineeNode } from '../lib/node.ts';

const node = new MatineeNode();
let film: { slug: string; title_id: string; asset_id: string };
let editor: Client;
let list: string;

const small = () => clip('subs-small-5s.mp4', ['-f', 'lavfi', '-i', 'testsrc2=size=160x90:rate=10:duration=5', '-f', 'lavfi', '-i', 'sine=duration=5', '-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-c:a', 'aac', '-shortest']);
const russian = ['Я не знаю, что вам сказать об этом.', 'Он пришёл домой поздно вечером и лёг спать.', 'Почему ты мне ничего не говорил раньше?'];
const cp1251 = (text: string) => execFileSync('iconv', ['-f', 'UTF-8', '-t', 'CP1251'], { input: text });
const srt = (lines: string[]) => lines.map((line, i) => `${i + 1}\r\n00:00:0${i},500 --> 00:00:0${i + 1},400\r\n${line}\r\n`).join('\r\n');

test.describe.configure({ mode: 'serial' });
test.beforeAll(async () => {
  await node.start();
  const own = join(node.data, 'own.vtt');
  writeFileSync(own, 'WEBVTT\n\n00:00.000 --> 00:02.000\nits own words\n');
  film = node.import(small(), '--title', 'Spoken', '--subtitle', `en:${own}`);
  editor = await (await new Client(node).signUp('ed')).become('viewer,editor');
  list = `/api/v1/editor/titles/${film.title_id}/subtitles`;
});
test.afterAll(async () => {
  await node.stop();
  node.remove();
});

const send = (path: string, body: Buffer | string, method = 'POST') =>
  fetch(node.url + path, { method, headers: { 'content-type': 'application/octet-stream', origin: node.url, cookie: editor.cookie }, body: body as BodyInit });
const refused = async (r: Response) => [r.status, (await r.json()).code];
async function press(): Promise<{ at: string; hls: string; dash: string }> {
  const play = await editor.json('POST', '/api/v1/playback', { title_id: film.title_id, device: { kind: 'web', codecs: ['avc1.640028', 'mp4a.40.2'], drm: ['org.w3.clearkey'] } });
  const get = async (path: string) => await (await fetch(node.url + path)).text();
  return { at: node.url + play.hls_url.replace(/[^/]*$/, ''), hls: await get(play.hls_url), dash: await get(play.dash_url) };
}
const lines = (hls: string) => hls.split('\n').filter((line) => line.includes('TYPE=SUBTITLES'));
const uri = (line: string | undefined) => /URI="([^"]+)\.m3u8"/.exec(line ?? '')?.[1];

test('what came with the film is listed; a file in an old encoding joins it, for who presses Play from then on', async () => {
  const before = await press();
  const own = await editor.json('GET', list);
  expect(own.items).toMatchObject([{ lang: 'en', source: 'film', cues: 1, revision: 1, shown: true, file_name: null }]);
  expect(own.next_cursor).toBeNull();
  const sent = await send(`${list}?file_name=Spoken.forced.srt`, cp1251(srt(russian)));
  expect(sent.status).toBe(201);
  const made = await sent.json();
  expect(made).toMatchObject({ lang: 'ru', detected: { lang: 'ru' }, encoding: 'windows-1251', format: 'srt', forced: true, sdh: false, cues: 3, notes: [], shown: true, name: 'Русский (forced)' });
  const after = await press();
  expect(lines(before.hls)).toHaveLength(1);
  expect(lines(after.hls)).toHaveLength(2);
  expect(lines(after.hls)[1]).toContain('LANGUAGE="ru",DEFAULT=NO,AUTOSELECT=YES,FORCED=YES');
  expect(after.dash).toMatch(/lang="ru"[\s\S]*value="forced-subtitle"/);
  const words = await (await fetch(`${after.at}${uri(lines(after.hls)[1])}/0.vtt`)).text();
  expect(words).toContain(russian[0]);
  // Who watches has what he had: the same manifests, the same words.
  expect(await (await fetch(`${before.at}main.m3u8`)).text()).toBe(before.hls);
  expect(await (await fetch(`${before.at}${uri(lines(before.hls)[0])}/0.vtt`)).text()).toContain('its own words');
  expect((await editor.json('GET', `/api/v1/titles/${film.slug}`)).text.map((t: any) => [t.lang, t.role])).toEqual([['en', 'subtitle'], ['ru', 'forced']]);
});

test('cues are read, edited by one editor at a time, moved and taken back', async () => {
  const one = (await editor.json('GET', list)).items[1];
  const at = `/api/v1/editor/subtitles/${one.id}`;
  const read = await editor.json('GET', `${at}/cues`);
  expect(read).toMatchObject({ revision: 1, total: 3, duration_ms: 5000, next_cursor: null, limits: { line_chars: 42 } });
  expect(read.warnings).toContainEqual({ cue: 0, code: 'too_fast', value: 39 });
  expect((await editor.json('GET', `${at}/cues?limit=2`)).next_cursor).toBe('2');
  expect((await editor.json('GET', `${at}/cues?limit=2&cursor=2`)).cues).toHaveLength(1);

  const cues = [...read.cues.slice(1), { start_ms: 100, end_ms: 400, text: 'first <script>alert(1)</script>& <i>last' }];
  const saved = await editor.json('PUT', `${at}/cues`, { revision: 1, cues });
  expect(saved).toMatchObject({ revision: 2, cues: 3 });
  expect((await editor.json('GET', `${at}/cues`)).cues[0]).toEqual({ start_ms: 100, end_ms: 400, text: 'first alert(1)&amp; <i>last</i>', settings: '' });
  expect(await refused(await editor.call('PUT', `${at}/cues`, { revision: 1, cues }))).toEqual([409, 'subtitle.changed']);
  const bad = await editor.call('PUT', `${at}/cues`, { revision: 2, cues: [{ start_ms: 9, end_ms: 9, text: 'x' }, { start_ms: 1, end_ms: 9, text: ' ' }] });
  expect(bad.status).toBe(400);
  expect((await bad.json()).errors.map((e: any) => e.field)).toEqual(['cues.0', 'cues.1']);

  expect(await editor.json('POST', `${at}/shift`, { revision: 2, ms: 250 })).toMatchObject({ revision: 3 });
  expect((await editor.json('GET', `${at}/cues`)).cues[0]).toMatchObject({ start_ms: 350, end_ms: 650 });
  expect(await refused(await editor.call('POST', `${at}/shift`, { revision: 3, ms: -5000 }))).toEqual([400, 'subtitle.shift']);
  await editor.json('POST', `${at}/stretch`, { revision: 3, made_for: '25', plays_at: '50' });
  expect((await editor.json('GET', `${at}/cues`)).cues[0]).toMatchObject({ start_ms: 175, end_ms: 325 });
  await editor.json('POST', `${at}/stretch`, { revision: 4, anchors: [{ from_ms: 0, to_ms: 0 }, { from_ms: 1000, to_ms: 2000 }] });
  expect(await refused(await editor.call('POST', `${at}/stretch`, { revision: 5 }))).toEqual([400, 'subtitle.stretch']);
  const shown = await press();
  expect(await (await fetch(`${shown.at}${uri(lines(shown.hls)[1])}/0.vtt`)).text()).toContain('00:00:00.350 --> 00:00:00.650\nfirst alert(1)&amp; <i>last</i>');

  expect(await editor.json('POST', `${at}/revert`, { revision: 5, to: 1 })).toMatchObject({ revision: 6, cues: 3 });
  expect((await editor.json('GET', `${at}/cues`)).cues).toEqual(read.cues);
  expect((await editor.json('GET', `${at}/revisions?limit=2`)).items.map((r: any) => [r.revision, r.action])).toEqual([[6, 'reverted'], [5, 'stretched']]);
  const file = await editor.call('GET', `${at}/file?format=srt`);
  expect(file.headers.get('content-disposition')).toBe('attachment; filename="subtitles.ru.srt"');
  expect(await file.text()).toContain(`1\r\n00:00:00,500 --> 00:00:01,400\r\n${russian[0]}\r\n`);
});

test('flags and language are an editor’s to say; removed subtitles can be brought back', async () => {
  const [own, one] = (await editor.json('GET', list)).items;
  const at = `/api/v1/editor/subtitles/${one.id}`;
  expect(await refused(await editor.call('PATCH', at, { revision: one.revision, sdh: true }))).toEqual([400, 'subtitle.flags']);
  expect(await refused(await editor.call('PATCH', at, { revision: one.revision, lang: 'qq' }))).toEqual([400, 'subtitle.lang']);
  const changed = await editor.json('PATCH', at, { revision: one.revision, sdh: true, forced: false, lang: 'uk', label: 'Для тих, хто не чує', default: true });
  expect(changed).toMatchObject({ sdh: true, forced: false, default: true, name: 'Для тих, хто не чує' });
  const shown = await press();
  expect(lines(shown.hls)[1]).toContain('LANGUAGE="uk",DEFAULT=YES,AUTOSELECT=YES,FORCED=NO,CHARACTERISTICS="public.accessibility.transcribes-spoken-dialog,public.accessibility.describes-music-and-sound"');
  expect(shown.dash).toMatch(/lang="uk"[\s\S]*value="caption"/);
  // Words that the film brought are an editor's, too.
  const edited = await editor.json('PUT', `/api/v1/editor/subtitles/${own.id}/cues`, { revision: 1, cues: [{ start_ms: 0, end_ms: 2000, text: 'other words' }] });
  expect(edited).toMatchObject({ source: 'film', revision: 2 });
  expect((await editor.call('DELETE', `${at}?revision=1`)).status).toBe(409);
  expect((await editor.call('DELETE', `${at}?revision=${changed.revision}`)).status).toBe(204);
  expect((await editor.call('GET', at)).status).toBe(404);
  const without = await press();
  expect(lines(without.hls)).toHaveLength(1);
  expect(await (await fetch(`${without.at}${uri(lines(without.hls)[0])}/0.vtt`)).text()).toContain('other words');
  await editor.json('POST', `${at}/revert`, { revision: changed.revision + 1, to: changed.revision });
  expect(lines((await press()).hls)).toHaveLength(2);
});

test('another film is sent in its place', async () => {
  const body = readFileSync(small()), base64 = (s: string) => Buffer.from(s).toString('base64');
  const sent = await fetch(`${node.url}/api/v1/uploads`, {
    method: 'POST', body,
    headers: {
      origin: node.url, cookie: editor.cookie, 'tus-resumable': '1.0.0', 'upload-length': String(body.length), 'content-type': 'application/offset+octet-stream',
      'upload-metadata': Object.entries({ filename: 'again.mp4', title_id: film.title_id, import: 'true', duplicate: 'true' }).map(([key, value]) => `${key} ${base64(value)}`).join(','),
    },
  });
  expect(sent.status).toBe(201);
});

test('what is no subtitle file, too large or broken is refused in words, or mended and said', async () => {
  expect(await refused(await send(list, 'Dear editor,'))).toEqual([422, 'text.unknown']);
  expect(await refused(await send(list, ''))).toEqual([422, 'text.empty']);
  expect(await refused(await send(`${list}?encoding=EBCDIC`, srt(['x'])))).toEqual([400, 'text.encoding']);
  expect(await refused(await send(`${list}?lang=qq`, srt(['x'])))).toEqual([400, 'subtitle.lang']);
  expect(await refused(await send('/api/v1/editor/titles/01J00000000000000000000000/subtitles', srt(['x'])))).toEqual([404, 'catalog.title_not_found']);
  const rss = () => Math.max(...execFileSync('ps', ['-o', 'rss=', '--ppid', String(node.pid)], { encoding: 'utf8' }).trim().split('\n').map(Number));
  const was = rss();
  const heavy = await send(list, Buffer.alloc(100 << 20, '1\n00:00:01,000 --> 00:00:02,000\nx\n\n')).catch(() => null);
  if (heavy) expect(await refused(heavy)).toEqual([413, 'too_large']); // or the connection was closed before all was sent
  expect(rss() - was).toBeLessThan(64 << 10);
  expect(await refused(await send(list, Buffer.alloc(20_100 * 35, '1\n00:00:01,000 --> 00:00:02,000\nx\n\n')))).toEqual([413, 'text.too_many_cues']);
  const broken = await send(`${list}?file_name=broken.srt&lang=en`, '1\n00:00:03,000 --> 00:00:01,000\nbackwards\n\n2\n00:00:xx --> 00:00:04,000\nno time\n');
  const made = await broken.json();
  expect(made).toMatchObject({ cues: 1, notes: ['Line 2: this cue ended before it began; its two times were exchanged.', 'Line 6: the times of this cue do not parse; it was left out.'] });
  const utf16 = await send(`/api/v1/editor/subtitles/${made.id}/file?revision=1&file_name=mended.srt`, Buffer.from('\ufeff' + srt(['mended']), 'utf16le'), 'PUT');
  expect(await utf16.json()).toMatchObject({ revision: 2, encoding: 'UTF-16LE', file_name: 'mended.srt', notes: [] });
});

test('a film in another’s place keeps what editors made', async () => {
  const was = (await editor.json('GET', list)).items;
  const again = async () => (await editor.json('GET', '/api/v1/imports')).items[0];
  await expect.poll(async () => { const last = await again(); return last.file_name === 'again.mp4' && last.state; }, { timeout: 90_000 }).toBe('done');
  // The page asks right away, before the event is heard: what it shows is of the new film already.
  const now = (await editor.json('GET', list)).items;
  expect(now.map((s: any) => [s.id, s.revision, s.shown])).toEqual(was.map((s: any) => [s.id, s.revision, true]));
  const shown = await press();
  expect(lines(shown.hls).map((line) => /LANGUAGE="([^"]+)"/.exec(line)?.[1])).toEqual(['en', 'uk', 'en']);
  expect(await (await fetch(`${shown.at}${uri(lines(shown.hls)[0])}/0.vtt`)).text()).toContain('other words');
  expect(shown.at).not.toContain(film.asset_id);
  const folder = join(node.data, 'media/subtitle');
  expect(existsSync(folder) && readdirSync(folder).length).toBe(3);
});
