// Outside judges without a browser: npm's parsers, ffprobe and ffmpeg read what `matinee package` writes.
import { expect, test } from '@playwright/test';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Parser } from 'm3u8-parser';
import { parse as parseMpd } from 'mpd-parser';
import { createFile } from 'mp4box';
import { makeTree, type Tree } from './tree.ts';

let clear: Tree;
test.beforeAll(() => {
  clear = makeTree('--clear');
});

const read = (name: string) => readFileSync(join(clear.dir, name));
function playlist(name: string): any {
  const p = new Parser();
  p.push(read(name).toString());
  p.end();
  return p.manifest;
}
const tracks = (letter: string) => readdirSync(clear.dir).filter((n) => new RegExp(`^${letter}\\d+$`).test(n)).sort();
/** A track's init and segments end to end: what a player appends. */
function whole(track: string): Buffer {
  const n = readdirSync(join(clear.dir, track)).filter((f) => f.endsWith('.m4s')).length;
  return Buffer.concat([read(`${track}/init.mp4`), ...Array.from({ length: n }, (_, i) => read(`${track}/${i}.m4s`))]);
}

test('m3u8-parser finds every rendition and the whole film', () => {
  const main = playlist('main.m3u8');
  expect(main.playlists.length).toBeGreaterThanOrEqual(tracks('v').length);
  expect(Object.keys(main.mediaGroups.AUDIO)).not.toHaveLength(0);
  expect(Object.keys(main.mediaGroups.SUBTITLES)).toEqual(['text']);
  for (const v of tracks('v')) {
    const media = playlist(`${v}.m3u8`);
    expect(media.endList).toBe(true);
    expect(media.segments.reduce((s: number, x: any) => s + x.duration, 0)).toBeCloseTo(13, 1);
    for (const s of playlist(`${v}.iframes.m3u8`).segments)
      expect(s.byterange.length).toBeLessThanOrEqual(statSync(join(clear.dir, s.uri)).size);
  }
});

test('mpd-parser finds them too', () => {
  const mpd: any = parseMpd(read('main.mpd').toString(), { manifestUri: 'http://localhost/main.mpd' });
  expect(mpd.duration).toBeCloseTo(13, 0);
  /* It looks at no EssentialProperty, and takes the keyframes for a rung (decision 43). */
  const rungs = mpd.playlists.filter((p: any) => !/\/k\d+\//.test(p.segments[0].resolvedUri));
  expect(rungs.map((p: any) => p.attributes.NAME).sort()).toEqual(tracks('v').sort());
  expect(mpd.playlists[0].segments[0].resolvedUri).toMatch(/\/v\d+\/0\.m4s$/);
});

test('mp4box reads every track', () => {
  for (const t of [...tracks('v'), ...tracks('a')]) {
    const file: any = createFile();
    let info: any, failed: unknown;
    file.onReady = (i: unknown) => (info = i);
    file.onError = (e: unknown) => (failed = e);
    const bytes = whole(t);
    const buffer: any = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
    buffer.fileStart = 0;
    file.appendBuffer(buffer);
    file.flush();
    expect(failed).toBeUndefined();
    expect(info.isFragmented).toBe(true);
    expect(info.tracks[0].codec).toMatch(t.startsWith('v') ? /^avc1\.[0-9a-f]{6}$/i : /^mp4a\.40\.2$/);
  }
});

test('ffmpeg decodes every rendition without a word, and keyframes stand at the same times', () => {
  const keyframes = new Set<string>();
  for (const t of [...tracks('v'), ...tracks('a')]) {
    const file = join(clear.dir, `../${t}.mp4`);
    writeFileSync(file, whole(t));
    const decode = spawnSync('ffmpeg', ['-v', 'error', '-xerror', '-i', file, '-f', 'null', '-'], { encoding: 'utf8' });
    expect(decode.status).toBe(0);
    expect(decode.stderr).toBe('');
    if (t.startsWith('a')) continue;
    const probe = spawnSync('ffprobe', ['-v', 'error', '-show_entries', 'packet=pts_time,flags', '-of', 'csv=p=0', file], { encoding: 'utf8' });
    const lines = probe.stdout.split('\n').filter((l) => l.includes(',K'));
    expect(lines[0]).toMatch(/^0\.000000,/);
    keyframes.add(lines.map((l) => l.split(',')[0]).join(' '));
  }
  expect(keyframes.size).toBe(1);
});
