// Sound and picture together: a flash and a beep every ten seconds, through rates, clocks and containers that invite drifting. Each beep that was
// packaged lies within 10 ms of its flash, from the first to the last; with MATINEE_LONG over two hours.
import { expect, test } from '@playwright/test';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clip } from '../lib/media.ts';
import { binary } from '../lib/node.ts';

const folder = mkdtempSync(join(tmpdir(), 'matinee-sync-'));
test.afterAll(() => rmSync(folder, { recursive: true, force: true }));
const RATE = 8000;

/** Both from the picture's first frame of each period on, for a fifth of a second. stretch: how much slower the sound's clock goes. */
function source(fps: string, hz: number, seconds: number, stretch = 1): string[] {
  const [num, den] = fps.split('/').map(Number) as [number, number?], period = 250 * (den ?? 1) * (num > 26000 ? 1.2 : 1) / num;
  return [
    '-f', 'lavfi', '-i', `color=black:s=64x36:r=${fps}:d=${seconds},drawbox=c=white:t=fill:enable=gte(t\\,1)*lt(mod(t+0.001\\,${period})\\,0.2)`,
    '-f', 'lavfi', '-i', `aevalsrc=0.5*sin(2*PI*1000*t)*gte(t\\,1)*lt(mod(t*${stretch}\\,${period})\\,0.2):s=${hz}:d=${seconds / stretch}`,
    ...(stretch === 1 ? [] : ['-af', `asetpts=PTS*${stretch}`]),
  ];
}
const coded = ['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '50', '-c:a', 'aac', '-b:a', '96k'];

function joined(tree: string, name: string): string {
  const path = join(tree, `${name}.mp4`), n = readdirSync(join(tree, name)).filter((f) => f.endsWith('.m4s')).length;
  writeFileSync(path, Buffer.concat(['init.mp4', ...Array.from({ length: n }, (_, i) => `${i}.m4s`)].map((f) => readFileSync(join(tree, name, f)))));
  return path;
}

/** Times at which something that was quiet or dark no longer is. */
function onsets(values: Iterable<[number, number]>, above: number): number[] {
  const found: number[] = [];
  let last = -1;
  for (const [at, v] of values) {
    if (v < above) continue;
    if (at - last > 1) found.push(at);
    last = at;
  }
  return found;
}

function flashes(file: string): number[] {
  const times = execFileSync('ffprobe', ['-v', 'error', '-select_streams', 'v', '-show_entries', 'frame=pts_time', '-of', 'csv=p=0', file], { encoding: 'utf8', maxBuffer: 1 << 28 }).trim().split(/[\s,]+/).map(Number);
  const light = execFileSync('ffmpeg', ['-v', 'error', '-i', file, '-vf', 'scale=1:1:flags=area,format=gray', '-fps_mode', 'passthrough', '-f', 'rawvideo', '-'], { maxBuffer: 1 << 28 });
  expect(light.length).toBe(times.length);
  return onsets(times.map((t, i) => [t, light[i]!] as [number, number]), 128);
}

/** Of the track as players hear it: what its edit list cuts off is not there. */
function beeps(file: string): number[] {
  const pcm = execFileSync('ffmpeg', ['-v', 'error', '-copyts', '-i', file, '-af', `aresample=${RATE}:first_pts=0`, '-ac', '1', '-f', 's16le', '-'], { maxBuffer: 1 << 29 });
  function* values(): Iterable<[number, number]> {
    for (let i = 0; i < pcm.length / 2; i++) yield [i / RATE, Math.abs(pcm.readInt16LE(i * 2))];
  }
  return onsets(values(), 3000);
}

function together(film: string, least: number, policy: string[] = []): void {
  const tree = mkdtempSync(join(folder, 'tree-'));
  const run = spawnSync(binary, ['package', film, '--out', tree, '--clear', ...['preset=ultrafast', 'ladder=fixed', ...policy].flatMap((p) => ['--policy', p])], { encoding: 'utf8', timeout: 3_000_000 });
  expect(run.status, run.stderr).toBe(0);
  const seen = flashes(joined(tree, 'v1')), heard = beeps(joined(tree, 'a1'));
  expect(seen.length).toBeGreaterThanOrEqual(least);
  expect(heard.length).toBe(seen.length);
  const off = seen.map((t, i) => (heard[i]! - t) * 1000);
  const worst = off.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a), 0);
  if (process.env.MATINEE_LONG === '1') console.log(`${seen.length} flashes, the sound at worst ${worst.toFixed(1)} ms off, at the end ${off.at(-1)!.toFixed(1)} ms`);
  expect(Math.abs(worst), `ms: ${off.map((v) => v.toFixed(1)).join(' ')}`).toBeLessThanOrEqual(10);
}

const S = 42;
const cases: [string, () => string, number][] = [
  ['29.97 pictures and 44100 samples a second in Matroska', () => clip('sync-2997.mkv', [...source('30000/1001', 44100, S), ...coded]), 4],
  ['a transport stream whose clock begins late', () => clip('sync.ts', [...source('25', 48000, S), ...coded, '-output_ts_offset', '95430']), 6],
  ['an edit list that hides its beginning', () => clip('sync-cut.mp4', ['-ss', '5.36', '-i', clip('sync.mp4', [...source('25', 48000, S), ...coded]), '-c', 'copy']), 3],
  ['a sound clock that goes slower by two thousandths', () => clip('sync-slow.mkv', [...source('25', 48000, S, 1.002), '-c:v', 'libx264', '-preset', 'ultrafast', '-c:a', 'pcm_s16le']), 4],
  ['a sound clock that goes faster by two thousandths', () => clip('sync-fast.mkv', [...source('25', 48000, S, 0.998), '-c:v', 'libx264', '-preset', 'ultrafast', '-c:a', 'pcm_s16le']), 4],
];
for (const [name, make, least] of cases) test(`${name}: sound and picture stay together`, () => together(make(), least));

test('over two hours', () => {
  test.skip(process.env.MATINEE_LONG !== '1', 'with script/test --long');
  together(clip('sync-2h.mkv', [...source('30000/1001', 44100, 7210), ...coded]), 719);
});
