// Imports of every odd and broken file there is, while workers are killed at random: none is lost, none is published broken, and
// nothing is left behind. With --long; MATINEE_SOAK says how many (200).
import { expect, test } from '@playwright/test';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { clip, mediaFolder } from '../lib/media.ts';
import { folder, imports, run, unfinished, Worker, workersRemove } from '../lib/workers.ts';

const wanted = Number(process.env.MATINEE_SOAK ?? 200);
test.afterAll(workersRemove);

/** Small ones; the great are every-file's. Two of our own, that are split into parts. */
function files(): string[] {
  const shared = mediaFolder();
  const found = ['films', 'formats', 'broken', 'audio', 'subtitles'].flatMap((d) =>
    shared && existsSync(join(shared, d)) ? readdirSync(join(shared, d), { recursive: true }).map((f) => join(shared, d, String(f))) : []);
  const own = ['mp4', 'mkv'].map((ending) =>
    clip(`soak.${ending}`, ['-f', 'lavfi', '-i', 'testsrc2=s=320x180:r=25', '-f', 'lavfi', '-i', 'sine', '-t', '9', '-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-c:a', 'aac']));
  return [...found.filter((f) => statSync(f).isFile() && !f.endsWith('.md') && statSync(f).size < 32 << 20), ...own];
}

function random(seed: number): () => number {
  let s = seed >>> 0;
  return () => (s = (s * 1664525 + 1013904223) >>> 0) / 2 ** 32;
}

/** An asset is whole: its description and every object that it names. */
function expectWhole(media: string, id: string): void {
  const at = join(media, 'asset', id);
  const tracks = JSON.parse(readFileSync(join(at, 'asset.json'), 'utf8')).tracks as { name: string; kind: string }[];
  expect(tracks.some((t) => t.kind === 'video')).toBe(true);
  for (const t of tracks) {
    const objects = readdirSync(at).filter((f) => f.startsWith(`${t.name}.`));
    expect(objects.length, `${id}: ${t.name}`).toBe(2);
    for (const o of objects) expect(statSync(join(at, o)).size, `${id}: ${o}`).toBeGreaterThan(0);
  }
}

test('imports of everything, and workers that are killed', async () => {
  test.skip(process.env.MATINEE_LONG !== '1', 'an hour; with --long');
  test.setTimeout(4 * 3600_000);
  const data = folder();
  const media = join(data, 'media');
  const next = random(4711);
  const all = files().map((f) => ({ f, at: next() })).sort((a, b) => a.at - b.at).map((x) => x.f); // a short soak is of all kinds, too
  const policy = ['preset=ultrafast', 'max_duration_s=8', 'chunk_s=2', 'part_s=2', 'max_height=240', 'ladder=fixed'].flatMap((p) => ['--policy', p]);
  const queued: string[] = [];
  for (let i = 0; i < wanted; i++) {
    try { // what is no film at all may be refused at once, with a sentence
      const out = run(data, ['import', all[i % all.length]!, '--title', `${i} ${basename(all[i % all.length]!)}`, '--detach', '--json', ...policy]);
      queued.push(JSON.parse(out.trim().split('\n').at(-1)!).id);
    } catch (e: any) {
      expect(e.status, String(e.stderr)).toBeLessThan(128);
      expect(String(e.stderr)).not.toContain('AddressSanitizer');
    }
  }
  expect(queued.length).toBeGreaterThan(0);

  const said: string[] = [];
  let kills = 0;
  const workers = [new Worker(data), new Worker(data)];
  const open = (list: any[]) => list.filter((i) => ['queued', 'running'].includes(i.state)).length;
  let left = queued.length;
  for (let looked = 0; left > 0; ) {
    await pause(3000 + next() * 20_000); // some steps of some films take ten seconds, and are begun again
    const at = next() < 0.5 ? 0 : 1;
    await workers[at]!.stop('SIGKILL');
    kills++;
    said.push(workers[at]!.said);
    workers[at] = new Worker(data);
    if (Date.now() - looked < 5000) continue;
    looked = Date.now();
    left = open(imports(data)); // the newest hundred
    if (left === 0) left = queued.filter((id) => ['queued', 'running'].includes(JSON.parse(run(data, ['imports', 'show', id, '--json'])).state)).length;
  }
  for (const w of workers) {
    await w.stop();
    said.push(w.said);
  }

  const ends = queued.map((id) => JSON.parse(run(data, ['imports', 'show', id, '--json'])));
  const done = ends.filter((i) => i.state === 'done');
  for (const i of ends.filter((e) => e.state !== 'done')) {
    expect(i.state, i.file_name).toBe('failed');
    expect(i.error.code, i.file_name).toBeTruthy();
    expect(i.error.detail.length, i.file_name).toBeGreaterThan(10);
    expect(['crashed', 'internal', 'job.worker_died', 'media.crashed'], `${i.file_name}: ${i.error.detail}`).not.toContain(i.error.code);
  }
  expect(done.length).toBeGreaterThan(0);
  for (const i of done) expectWhole(media, i.asset_id);
  run(data, ['gc']);
  expect(readdirSync(join(media, 'asset')).sort()).toEqual(done.map((i) => i.asset_id).sort());
  expect([...readdirSync(join(data, 'work')), ...unfinished(media), ...readdirSync(join(media, 'tmp'))]).toEqual([]);
  expect(said.join('\n')).not.toMatch(/AddressSanitizer|runtime error:|LeakSanitizer/);
  console.log(`${queued.length} imports of ${all.length} files: ${done.length} published, ${ends.length - done.length} refused with a sentence; ${kills} kills`);
});
