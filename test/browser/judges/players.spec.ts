// Outside judges: Shaka, hls.js and dash.js play what `matinee package` writes, clear and protected.
import { expect, test, type Page } from '@playwright/test';
import { makeTree, StaticServer, type Tree } from './tree.ts';

const scripts = {
  shaka: 'shaka-player/dist/shaka-player.compiled.js',
  hls: 'hls.js/dist/hls.js',
  dash: 'dashjs/dist/modern/umd/dash.all.min.js',
} as const;
type Player = keyof typeof scripts;

interface Played { time: number; frames: number; errors: string[]; cues: string[] }

/** Plays until `until` seconds or 30 s have passed; in the page, so nothing of the test may be named in it. */
async function play(page: Page, server: StaticServer, player: Player, manifest: string, drm: boolean, until = 5): Promise<Played> {
  await page.goto(`${server.url}/`);
  await page.addScriptTag({ url: `/npm/${scripts[player]}` });
  return page.evaluate(async ({ player, manifest, drm, until }) => {
    const w = window as any, v = document.querySelector('video')!, errors: string[] = [];
    const url = `${location.origin}/${manifest}`, licence = `${location.origin}/licence`;
    if (player === 'shaka') {
      w.shaka.polyfill.installAll();
      const p = new w.shaka.Player();
      await p.attach(v);
      p.addEventListener('error', (e: any) => errors.push(`shaka ${e.detail.code}`));
      if (drm) p.configure({ drm: { servers: { 'org.w3.clearkey': licence } } });
      await p.load(url).catch((e: any) => errors.push(`shaka load ${e.code}`));
      const text = p.getTextTracks()[0];
      if (text) await p.selectTextTrack(text);
    } else if (player === 'hls') {
      const h = new w.Hls({ emeEnabled: drm, drmSystems: drm ? { 'org.w3.clearkey': { licenseUrl: licence } } : {} });
      h.on(w.Hls.Events.ERROR, (_: unknown, d: any) => errors.push(`${d.fatal ? 'fatal ' : ''}${d.details}`));
      w.hls = h;
      h.loadSource(url);
      h.attachMedia(v);
    } else {
      const d = w.dashjs.MediaPlayer().create();
      d.on('error', (e: any) => errors.push(`dash ${e.error?.code}`));
      if (drm) d.setProtectionData({ 'org.w3.clearkey': { serverURL: licence, priority: 0 } });
      d.updateSettings({ streaming: { text: { defaultEnabled: true } } });
      d.initialize(v, url, true);
    }
    const end = performance.now() + (until > 0 ? 30_000 : 6_000);
    while (performance.now() < end && (until === 0 || v.currentTime < until)) {
      if (v.paused) v.play().catch(() => {});
      if (w.hls?.subtitleTrack < 0 && w.hls.subtitleTracks.length > 0) w.hls.subtitleTrack = 0;
      await new Promise((r) => setTimeout(r, 100));
    }
    const cues = [...v.textTracks].flatMap((t) => [...(t.cues ?? [])].map((c) => `${c.startTime} ${(c as VTTCue).text}`));
    return { time: v.currentTime, frames: v.getVideoPlaybackQuality().totalVideoFrames, errors, cues };
  }, { player, manifest, drm, until });
}

const trees = new Map<string, Tree>();
function tree(scheme: string): Tree {
  if (!trees.has(scheme)) trees.set(scheme, scheme === 'clear' ? makeTree('--clear') : makeTree('--scheme', scheme));
  return trees.get(scheme)!;
}

const cases: [Player, string, string][] = [
  ['shaka', 'main.mpd', 'clear'], ['shaka', 'main.m3u8', 'clear'], ['hls', 'main.m3u8', 'clear'], ['dash', 'main.mpd', 'clear'],
  ['shaka', 'main.mpd', 'cbcs'], ['dash', 'main.mpd', 'cbcs'], ['hls', 'main.m3u8', 'cbcs'],
  ['shaka', 'main.mpd', 'cenc'], ['dash', 'main.mpd', 'cenc'], ['hls', 'main.m3u8', 'cenc'],
];
for (const [player, manifest, scheme] of cases) {
  test(`${player} plays ${manifest}, ${scheme}, with subtitles`, async ({ page }) => {
    const server = await StaticServer.start(tree(scheme));
    try {
      const seen = await play(page, server, player, manifest, scheme !== 'clear');
      expect(seen.errors).toEqual([]);
      expect(server.missing).toEqual([]);
      expect(seen.time).toBeGreaterThan(4.9);
      expect(seen.frames).toBeGreaterThan(80);
      expect(seen.cues).toContain('0.5 first words');
      expect(seen.cues.filter((c) => c === '3.5 over the boundary')).toHaveLength(1);
      expect(server.licences > 0).toBe(scheme !== 'clear');
    } finally {
      server.stop();
    }
  });
}

test('with a wrong key no picture is decoded', async ({ page }) => {
  const server = await StaticServer.start(tree('cbcs'), true);
  try {
    const seen = await play(page, server, 'shaka', 'main.mpd', true, 0);
    expect(server.licences).toBeGreaterThan(0);
    expect(seen.frames).toBe(0);
  } finally {
    server.stop();
  }
});

// Opus chosen and decoded, from the film's first sample on. (Shaka's HLS knows ClearKey as `identity` only.)
for (const [manifest, ...scheme] of [['main.mpd', '--scheme', 'cbcs'], ['main.m3u8', '--clear']] as const)
  test(`shaka plays Opus out of ${manifest}`, async ({ page }) => {
    const made = makeTree(...scheme, '--policy', 'opus=true', '--policy', 'max_height=180', '--policy', 'preset=ultrafast');
    const server = await StaticServer.start(made);
    try {
      await page.goto(`${server.url}/`);
      await page.addScriptTag({ url: `/npm/${scripts.shaka}` });
      const seen = await page.evaluate(async (manifest) => {
        const w = window as any, v = document.querySelector('video') as any, errors: string[] = [];
        const p = new w.shaka.Player();
        await p.attach(v);
        p.addEventListener('error', (e: any) => errors.push(`shaka ${e.detail.code}`));
        p.configure({ preferredAudioCodecs: ['opus', 'Opus'], drm: { servers: { 'org.w3.clearkey': `${location.origin}/licence` } } });
        await p.load(`${location.origin}/${manifest}`).catch((e: any) => errors.push(`shaka load ${e.code} ${e.data}`));
        v.play().catch(() => {});
        for (const end = performance.now() + 30_000; performance.now() < end && v.currentTime < 2 && !errors.length; ) await new Promise((r) => setTimeout(r, 50));
        const active = p.getVariantTracks().find((t: any) => t.active);
        return { errors, codec: active?.audioCodec, time: v.currentTime, start: v.buffered.length ? v.buffered.start(0) : -1, bytes: v.webkitAudioDecodedByteCount, frames: v.getVideoPlaybackQuality().totalVideoFrames };
      }, manifest);
      expect(seen.errors).toEqual([]);
      expect(server.missing).toEqual([]);
      expect(seen.codec.toLowerCase()).toBe('opus');
      expect(seen.time).toBeGreaterThanOrEqual(2);
      expect(seen.bytes).toBeGreaterThan(10_000);
      expect(seen.frames).toBeGreaterThan(30);
      expect(seen.start).toBeLessThan(0.02);
    } finally {
      server.stop();
    }
  });

// AV1 chosen and decoded under both schemes; HEVC, which this browser has not, is listed beside it and never taken.
for (const scheme of ['cbcs', 'cenc'])
  test(`shaka plays AV1, ${scheme}`, async ({ page }) => {
    const server = await StaticServer.start(makeTree('--scheme', scheme, '--policy', 'codecs=hevc,av1', '--policy', 'max_height=180', '--policy', 'max_duration_s=3', '--policy', 'preset=ultrafast'));
    try {
      await page.goto(`${server.url}/`);
      await page.addScriptTag({ url: `/npm/${scripts.shaka}` });
      const seen = await page.evaluate(async () => {
        const w = window as any, v = document.querySelector('video') as any, errors: string[] = [];
        const p = new w.shaka.Player();
        await p.attach(v);
        p.addEventListener('error', (e: any) => errors.push(`shaka ${e.detail.code}`));
        p.configure({ preferredVideoCodecs: ['av01'], drm: { servers: { 'org.w3.clearkey': `${location.origin}/licence` } } });
        await p.load(`${location.origin}/main.mpd`).catch((e: any) => errors.push(`shaka load ${e.code} ${e.data}`));
        v.play().catch(() => {});
        for (const end = performance.now() + 30_000; performance.now() < end && v.currentTime < 2.5 && !errors.length; ) await new Promise((r) => setTimeout(r, 50));
        const tracks = p.getVariantTracks(), active = tracks.find((t: any) => t.active);
        return { errors, codec: active?.videoCodec, offered: tracks.map((t: any) => t.videoCodec.split('.')[0]), time: v.currentTime, start: v.buffered.length ? v.buffered.start(0) : -1, frames: v.getVideoPlaybackQuality().totalVideoFrames };
      });
      expect(seen.errors).toEqual([]);
      expect(server.missing).toEqual([]);
      expect(seen.codec).toMatch(/^av01\.0\.\d\dM\.08/);
      expect(seen.offered).not.toContain('hvc1');
      expect(seen.time).toBeGreaterThanOrEqual(2.5);
      expect(seen.frames).toBeGreaterThan(40);
      expect(seen.start).toBeLessThan(0.02);
      expect(server.licences).toBeGreaterThan(0);
    } finally {
      server.stop();
    }
  });
