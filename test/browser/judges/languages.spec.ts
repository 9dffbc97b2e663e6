// Six languages of sound and text in one title: Shaka plays each, changes between them, and shows the words as WebVTT, or as IMSC1 to who asked for it.
import { expect, test } from '@playwright/test';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clip, root } from '../../lib/media.ts';
import { Client, MatineeNode } from '../../lib/node.ts';

const langs = ['en', 'fr', 'de', 'it', 'es', 'ar'], words = ['good evening', 'bonsoir', 'guten Abend', 'buonasera', 'buenas noches', 'مساء الخير'];
const node = new MatineeNode(), folder = mkdtempSync(join(tmpdir(), 'matinee-six-'));
let title_id = '', viewer: Client;

test.beforeAll(async () => {
  const picture = clip('six-12s.mp4', ['-f', 'lavfi', '-i', 'testsrc2=s=320x180:r=25:d=12', '-f', 'lavfi', '-i', 'sine=300:d=12', '-c:v', 'libx264', '-preset', 'ultrafast', '-c:a', 'aac']);
  const tone = (i: number) => clip(`six-${i}.m4a`, ['-f', 'lavfi', '-i', `sine=${300 + 200 * i}:d=12`, '-c:a', 'aac']);
  const text = (i: number) => {
    writeFileSync(join(folder, `${langs[i]}.srt`), `1\n00:00:00,200 --> 00:00:11,500\n${words[i]}\n`);
    return `${langs[i]}:${join(folder, `${langs[i]}.srt`)}`;
  };
  await node.start();
  ({ title_id } = node.import(picture, '--title', 'Six', '--lang', 'en', '--scheme', 'clear', ...langs.slice(1).flatMap((l, i) => ['--audio', `${l}:${tone(i + 1)}`]), ...langs.flatMap((_, i) => ['--subtitle', text(i)])));
  viewer = await new Client(node).signUp('ana');
});
test.afterAll(async () => {
  await node.stop();
  node.remove();
  rmSync(folder, { recursive: true, force: true });
});

for (const [form, codecs, mime] of [['WebVTT', [], 'text/vtt'], ['IMSC1', ['stpp.ttml.im1t'], 'application/mp4']] as const)
  test(`six languages heard and read, ${form}`, async ({ browser }) => {
    const play = await viewer.json('POST', '/api/v1/playback', { title_id, device: { kind: 'web', codecs: ['avc1.640028', 'mp4a.40.2', ...codecs], drm: ['org.w3.clearkey'] } });
    const context = await browser.newContext({ bypassCSP: true }), page = await context.newPage(), asked: string[] = [];
    page.on('request', (r) => asked.push(r.url()));
    await page.route(`${node.url}/empty`, (r) => r.fulfill({ contentType: 'text/html', body: '<video muted width=640></video>' }));
    await page.goto(`${node.url}/empty`);
    await page.addScriptTag({ path: join(root, 'test/node_modules/shaka-player/dist/shaka-player.compiled.js') });
    const seen = await page.evaluate(async ({ url, langs, mime }) => {
      const w = window as any, v = document.querySelector('video') as any, errors: string[] = [], seen: { lang: string; sound: string; bytes: number; text: string }[] = [];
      const wait = (ms: number) => new Promise((r) => setTimeout(r, ms));
      const p = new w.shaka.Player();
      await p.attach(v);
      p.addEventListener('error', (e: any) => errors.push(`shaka ${e.detail.code} ${e.detail.data}`));
      await p.load(url).catch((e: any) => errors.push(`load ${e.code} ${e.data}`));
      v.loop = true;
      await v.play();
      const cues = () => [...v.textTracks].flatMap((t: any) => (t.mode === 'disabled' ? [] : [...(t.cues ?? [])].map((c: any) => c.text)));
      for (const lang of langs) {
        const sound = p.getAudioTracks().find((t: any) => t.language === lang), text = p.getTextTracks().find((t: any) => t.language === lang && t.mimeType === mime);
        if (!sound || !text) return { errors: [...errors, `no ${lang}: ${JSON.stringify(p.getTextTracks().map((t: any) => [t.language, t.mimeType]))}`], seen, texts: 0 };
        const before = v.webkitAudioDecodedByteCount, until = async (ready: () => boolean) => {
          for (const end = performance.now() + 15_000; performance.now() < end && !ready(); ) await wait(50);
        };
        // One after the other: Shaka 5.2 stops fetching where a seek comes while it exchanges a track (web/viewer/src/player/engine.ts).
        p.selectAudioTrack(sound, 0);
        await until(() => v.webkitAudioDecodedByteCount > before + 1000);
        await p.selectTextTrack(text);
        p.setTextTrackVisibility?.(true);
        await until(() => cues().length > 0);
        seen.push({ lang, sound: p.getVariantTracks().find((t: any) => t.active)?.language, bytes: v.webkitAudioDecodedByteCount - before, text: [...new Set(cues().map((c) => c.replace(/<[^>]*>/g, '')))].join('|') });
      }
      return { errors, seen, texts: p.getTextTracks().length };
    }, { url: node.url + play.dash_url, langs, mime });
    expect(seen.errors).toEqual([]);
    expect(seen.seen.map((s) => [s.lang, s.sound, s.text])).toEqual(langs.map((l, i) => [l, l, words[i]]));
    for (const s of seen.seen) expect(s.bytes, s.lang).toBeGreaterThan(1000);
    expect(seen.texts).toBe(codecs.length ? 12 : 6);
    expect([1, 2, 3, 4, 5, 6].filter((n) => asked.some((u) => u.includes(`/a${n}/`)))).toEqual([1, 2, 3, 4, 5, 6]);
    expect(asked.some((u) => /\/s1\//.test(u))).toBe(form === 'IMSC1');
    // The keyframes for fast forward are served as every other track is.
    const trick = await fetch(node.url + play.dash_url.replace('main.mpd', 'k1/0.m4s'));
    expect([trick.status, trick.headers.get('content-type')]).toEqual([200, 'video/mp4']);
    await context.close();
  });
