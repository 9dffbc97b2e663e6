// A film's sound: six channels, a dub, a commentary and a description become AAC, Opus and E-AC-3 as loud as the policy says,
// are told apart in both manifests, go to the devices that play them, and are what ffmpeg hears in them. (cenc: test_sound.c)
import { expect, test } from '@playwright/test';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clip } from '../lib/media.ts';
import { binary, Client, MatineeNode } from '../lib/node.ts';

/** A flash and a beep at each second from 1 on, over a hum; four soundtracks, the first in 5.1. */
const film = () =>
  clip('sound-hum.mkv', [
    '-f', 'lavfi', '-i', 'color=s=160x90:r=25:d=4,drawbox=c=white:t=fill:enable=gte(t\\,1)*lt(mod(t\\,1)\\,0.1)',
    '-f', 'lavfi', '-i', 'aevalsrc=0.1*sin(2*PI*200*t)+0.3*sin(2*PI*1000*t)*gte(t\\,1)*lt(mod(t\\,1)\\,0.1):s=48000:d=4',
    '-filter_complex', '[1:a]pan=5.1|c0=c0|c1=c0|c2=c0|c3=c0|c4=c0|c5=c0[six]',
    '-map', '0:v', '-map', '[six]', '-map', '1:a', '-map', '1:a', '-map', '1:a', '-c:v', 'libx264', '-preset', 'ultrafast', '-c:a', 'pcm_s16le',
    ...['eng', 'fra', 'eng', 'eng'].flatMap((l, i) => [`-metadata:s:a:${i}`, `language=${l}`]),
    '-metadata:s:a:2', "title=Director's commentary", '-disposition:a:0', 'default', '-disposition:a:3', 'visual_impaired',
  ]);
const all = ['--policy', 'opus=true', '--policy', 'eac3=true'];
const folder = mkdtempSync(join(tmpdir(), 'matinee-sound-'));
test.afterAll(() => rmSync(folder, { recursive: true, force: true }));

const medias = (hls: string) => hls.split('\n').filter((l) => l.includes('TYPE=AUDIO'));
const sets = (mpd: string) => mpd.split('<AdaptationSet').filter((s) => s.includes('contentType="audio"'));

test('every format is there, together with the picture, as loud as the policy says', () => {
  const out = join(folder, 'tree'), key = '0123456789abcdef0123456789abcdef';
  execFileSync(binary, ['package', film(), '--out', out, '--scheme', 'cbcs', '--key', `00000000000000000000000000000001:${key}`, '--policy', 'preset=ultrafast', '--policy', 'loudness=-24', ...all], { stdio: 'pipe' });
  const file = (name: string) => {
    const path = join(folder, `${name}.mp4`), n = readdirSync(join(out, name)).filter((f) => f.endsWith('.m4s')).length;
    writeFileSync(path, Buffer.concat(['init.mp4', ...Array.from({ length: n }, (_, i) => `${i}.m4s`)].map((f) => readFileSync(join(out, name, f)))));
    return path;
  };
  const heard = (name: string, filter: string) => spawnSync('ffmpeg', ['-hide_banner', '-nostdin', '-copyts', '-decryption_key', key, '-i', file(name), '-af', filter, '-f', 'null', '-'], { encoding: 'utf8' }).stderr;
  const codecs = readdirSync(out).filter((n) => /^a\d+$/.test(n)).sort((a, b) => +a.slice(1) - +b.slice(1))
    .map((n) => [n, execFileSync('ffprobe', ['-v', 'error', '-decryption_key', key, '-show_entries', 'stream=codec_name,channels', '-of', 'csv=p=0', file(n)], { encoding: 'utf8' }).trim().replace(/,$/, '')] as const);
  expect(codecs.map(([, c]) => c)).toEqual(['aac,2', 'aac,6', 'opus,2', 'eac3,6', 'aac,2', 'opus,2', 'aac,2', 'opus,2', 'aac,2', 'opus,2']);
  for (const [name] of codecs.slice(0, 4)) {
    const text = heard(name, 'ebur128=peak=true,highpass=f=800,highpass=f=800,silencedetect=n=-40dB:d=0.3');
    expect(Math.abs(+/Summary[\s\S]*I:\s+(-[\d.]+) LUFS/.exec(text)![1]! + 24), text).toBeLessThan(1);
    expect(+/Peak:\s+(-?[\d.]+) dBFS/.exec(text)![1]!).toBeLessThanOrEqual(-1);
    const beeps = [...text.matchAll(/silence_end: ([\d.]+)/g)].map((m) => +m[1]!);
    expect(beeps.slice(0, 3).map((t) => Math.round(t))).toEqual([1, 2, 3]);
    for (const t of beeps.slice(0, 3)) expect(Math.abs(t - Math.round(t)), `${name}: ${beeps}`).toBeLessThan(0.01);
  }
});

test.describe('imported', () => {
  const node = new MatineeNode();
  test.beforeAll(() => node.start());
  test.afterAll(async () => {
    await node.stop();
    node.remove();
  });

  test('roles are told in both manifests, and a device gets the formats that it plays', async () => {
    const made = node.import(film(), '--title', 'Beep', '--policy', 'roles=-,dub', ...all);
    const viewer = await new Client(node).signUp('ana');
    const play = async (...codecs: string[]) => {
      const p = await viewer.json('POST', '/api/v1/playback', { title_id: made.title_id, device: { kind: 'web', codecs: ['avc1.640028', 'mp4a.40.2', ...codecs], drm: ['org.w3.clearkey'] } });
      const get = async (path: string) => (await fetch(node.url + path)).text();
      return { hls: await get(p.hls_url), mpd: await get(p.dash_url) };
    };
    const everything = await play('opus', 'ec-3');
    const stereo = medias(everything.hls).filter((l) => l.includes('"audio-2"'));
    expect(stereo.map((l) => [/LANGUAGE="(\w+)"/.exec(l)![1], /AUTOSELECT=(\w+)/.exec(l)![1], l.includes('describes-video')])).toEqual([['en', 'YES', false], ['fr', 'YES', false], ['en', 'NO', false], ['en', 'YES', true]]);
    expect(everything.hls).toMatch(/CODECS="avc1[^"]*,ec-3,mp4a\.40\.2"[^\n]*AUDIO="audio-ec3-6"/);
    expect(everything.hls).toMatch(/CODECS="avc1[^"]*,Opus"[^\n]*AUDIO="audio-opus-2"/);
    expect(sets(everything.mpd).map((s) => /codecs="([^"]+)"/.exec(s)![1])).toEqual(['mp4a.40.2', 'mp4a.40.2', 'opus', 'ec-3', 'mp4a.40.2', 'opus', 'mp4a.40.2', 'opus', 'mp4a.40.2', 'opus']);
    expect(sets(everything.mpd).map((s) => /Role [^>]*value="(\w+)"/.exec(s)![1])).toEqual(['main', 'main', 'main', 'main', 'dub', 'dub', 'commentary', 'commentary', 'alternate', 'alternate']);
    expect(sets(everything.mpd).at(-1)).toContain('Accessibility schemeIdUri="urn:tva:metadata:cs:AudioPurposeCS:2007" value="1"');
    expect(everything.mpd).toMatch(/dolby[^>]*value="F801"/);
    const browser = await play('opus');
    expect([/ec-3/.test(browser.hls + browser.mpd), /Opus/.test(browser.hls), /opus/.test(browser.mpd)]).toEqual([false, true, true]);
    const old = await play();
    expect(/ec-3|opus/i.test(old.hls + old.mpd)).toBe(false);
    const page = await viewer.json('GET', `/api/v1/titles/${made.slug}`);
    expect(page.audio.map((t: any) => `${t.lang} ${t.role} ${t.channels}`).sort()).toEqual(['en commentary 2', 'en description 2', 'en main 2', 'en main 6', 'fr dub 2']);
  });

  test('six languages in every format are one title', async () => {
    const langs = ['eng', 'fra', 'deu', 'spa', 'jpn', 'pol'];
    const six = clip('sound-six.mkv', [
      '-f', 'lavfi', '-i', 'testsrc2=s=160x90:r=25:d=1', '-f', 'lavfi', '-i', 'sine=f=300:d=1,pan=5.1|c0=c0|c1=c0|c2=c0|c3=c0|c4=c0|c5=c0',
      '-map', '0:v', ...langs.flatMap(() => ['-map', '1:a']), '-c:v', 'libx264', '-preset', 'ultrafast', '-c:a', 'ac3', ...langs.flatMap((l, i) => [`-metadata:s:a:${i}`, `language=${l}`]),
    ]);
    const made = node.import(six, '--title', 'Six', ...all);
    const viewer = await new Client(node).signUp('ida');
    const p = await viewer.json('POST', '/api/v1/playback', { title_id: made.title_id, device: { kind: 'web', codecs: ['avc1.640028', 'mp4a.40.2', 'opus', 'ec-3'], drm: ['org.w3.clearkey'] } });
    const found = sets(await (await fetch(node.url + p.dash_url)).text()).map((s) => `${/lang="(\w+)"/.exec(s)![1]} ${/codecs="([^"]+)"/.exec(s)![1]}`);
    expect(new Set(found).size).toBe(langs.length * 3); // AAC stereo and 5.1 are of one codec
    expect(found.length).toBe(langs.length * 4);
  });

  test('wishes that are none are told before anything is done', async () => {
    for (const [policy, words] of [['roles=main,narrator', /narrator/], ['loudness=loud', /loudness=-23/], ['true_peak=3', /true_peak/]] as const) {
      const r = spawnSync(binary, ['package', film(), '--out', join(folder, 'none'), '--policy', policy], { encoding: 'utf8' });
      expect(r.status).not.toBe(0);
      expect(r.stderr).toMatch(words);
    }
  });
});
