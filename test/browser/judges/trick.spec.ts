// Fast forward as DASH knows it: Shaka takes the keyframes' own set while it is fast, and goes back to the film's after it.
import { expect, test } from '@playwright/test';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clip } from '../../lib/media.ts';
import { binary } from '../../lib/node.ts';
import { StaticServer, type Tree } from './tree.ts';

const film = () => clip('trick-48s.mp4', ['-f', 'lavfi', '-i', 'testsrc2=s=640x360:r=25:d=48', '-f', 'lavfi', '-i', 'sine=d=48', '-c:v', 'libx264', '-preset', 'ultrafast', '-g', '250', '-c:a', 'aac']);

function made(...scheme: string[]): Tree {
  const dir = join(mkdtempSync(join(tmpdir(), 'matinee-trick-')), 'out');
  const run = spawnSync(binary, ['package', film(), '--out', dir, ...scheme, '--policy', 'preset=ultrafast', '--policy', 'max_rungs=2'], { encoding: 'utf8' });
  if (run.status !== 0) throw new Error(run.stderr);
  return { dir, keys: new Map([...run.stdout.matchAll(/^key \w+:([0-9a-f]{32}):([0-9a-f]{32})$/gm)].map((m) => [m[1]!, m[2]!])) };
}

test('shaka goes fast through the keyframes alone', async ({ page }) => {
  const tree = made('--scheme', 'cbcs'), server = await StaticServer.start(tree), asked: string[] = [];
  page.on('request', (r) => asked.push(new URL(r.url()).pathname.slice(1)));
  try {
    await page.goto(`${server.url}/`);
    await page.addScriptTag({ url: '/npm/shaka-player/dist/shaka-player.compiled.js' });
    const errors: string[] = await page.evaluate(async () => {
      const w = window as any, v = document.querySelector('video')!, errors: string[] = ((window as any).errors = []);
      const p = (w.p = new w.shaka.Player());
      await p.attach(v);
      p.addEventListener('error', (e: any) => errors.push(`shaka ${e.detail.code}`));
      // Little ahead, so that what is fetched is what is played.
      p.configure({ drm: { servers: { 'org.w3.clearkey': `${location.origin}/licence` } }, streaming: { bufferingGoal: 6 } });
      await p.load(`${location.origin}/main.mpd`).catch((e: any) => errors.push(`shaka load ${e.code} ${e.data}`));
      await v.play();
      while (v.currentTime < 1 && !errors.length) await new Promise((r) => setTimeout(r, 50));
      p.trickPlay(8, true);
      return errors;
    });
    expect(errors).toEqual([]);
    const slow = asked.length;
    const fast = await page.evaluate(async () => {
      const v = document.querySelector('video')!, from = v.currentTime, until = performance.now() + 30_000, sizes = new Set<string>();
      while (v.currentTime < 36 && performance.now() < until) {
        await new Promise((r) => setTimeout(r, 50));
        if (v.currentTime > 16) sizes.add(`${v.videoWidth}x${v.videoHeight}`);
      }
      return { from, at: v.currentTime, seconds: (performance.now() - until + 30_000) / 1000, sizes: [...sizes] };
    });
    expect(fast.at, JSON.stringify([fast, asked])).toBeGreaterThanOrEqual(36);
    expect(fast.seconds).toBeLessThan(20);
    expect(fast.sizes).toContain('426x240');
    const segments = asked.slice(slow).filter((u) => u.endsWith('.m4s'));
    expect(segments.filter((u) => u.startsWith('k1/')).length).toBeGreaterThan(1);
    expect(segments.filter((u) => u.startsWith('v')).length, segments.join(' ')).toBeLessThan(4); // what was under way
    await page.evaluate(() => (window as any).p.cancelTrickPlay());
    await expect.poll(() => page.evaluate(() => document.querySelector('video')!.currentTime), { timeout: 20_000 }).toBeGreaterThan(fast.at + 2);
    expect(asked.at(-1)).toMatch(/^[va]\d/);
    expect(await page.evaluate(() => (window as any).errors)).toEqual([]);
    expect(server.missing).toEqual([]);
  } finally {
    server.stop();
  }
});

test('the keyframes are a track of their own: each until the next, none but those of the lowest rung', () => {
  const tree = made('--clear');
  const packets = (name: string): { pts: number; size: number; flags: string }[] => {
    const n = readdirSync(join(tree.dir, name)).filter((f) => f.endsWith('.m4s')).length, path = join(tree.dir, `${name}.mp4`);
    writeFileSync(path, Buffer.concat(['init.mp4', ...Array.from({ length: n }, (_, i) => `${i}.m4s`)].map((f) => readFileSync(join(tree.dir, name, f)))));
    expect(spawnSync('ffmpeg', ['-v', 'error', '-i', path, '-f', 'null', '-'], { encoding: 'utf8' }).stderr).toBe('');
    return JSON.parse(execFileSync('ffprobe', ['-v', 'error', '-show_packets', '-of', 'json', path], { encoding: 'utf8' })).packets.map((p: any) => ({ pts: +p.pts_time, size: +p.size, flags: p.flags }));
  };
  const trick = packets('k1'), keys = packets('v1').filter((p) => p.flags.includes('K'));
  expect(trick.map((p) => [p.pts, p.size])).toEqual(keys.map((p) => [p.pts, p.size]));
  expect(trick.every((p) => p.flags.includes('K'))).toBe(true);
  // tfhd's default_sample_duration (ISO/IEC 14496-12 clause 8.8.7): two seconds of 90000 ticks.
  const first = readFileSync(join(tree.dir, 'k1', '0.m4s'));
  expect(first.readUInt32BE(first.indexOf('tfhd') + 12)).toBe(180_000);
  const mpd = readFileSync(join(tree.dir, 'main.mpd'), 'utf8'), sets = mpd.split('<AdaptationSet').slice(1), set = sets.find((s) => s.includes('trickmode'))!;
  const main = sets.filter((s) => /contentType="video"/.test(s) && s !== set).map((s) => /id="(\d+)"/.exec(s)![1]);
  expect(/trickmode" value="([^"]+)"/.exec(set)![1]).toBe(main.join(' '));
  expect(set).toMatch(/maxPlayoutRate="50" codingDependency="false"/);
  expect(set).not.toContain('Role');
  expect(readFileSync(join(tree.dir, 'main.m3u8'), 'utf8')).not.toContain('k1');
});
