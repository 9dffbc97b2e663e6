// A film whose picture is encoded in parts, by as many workers as there are: the same bytes as from one, whoever is killed; and
// nobody's film waits for all parts of another's.
import { expect, test } from '@playwright/test';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { assetDigest } from '../lib/boxes.ts';
import { descendants, gone } from '../lib/processes.ts';
import { asset, bring, chunks, folder, importEnded, imports, run, unfinished, until, Worker, workersRemove } from '../lib/workers.ts';

test.describe.configure({ mode: 'serial' });

const media = (data: string) => join(data, 'media');
const tidy = (data: string) => [...readdirSync(join(data, 'work')), ...unfinished(media(data))];

let reference = '';
test.beforeAll(() => {
  const data = folder();
  expect(bring(data).state).toBe('done');
  reference = assetDigest(asset(media(data)));
  expect(tidy(data)).toEqual([]);
});
test.afterAll(workersRemove);

test('two workers share a film, one of them is killed within a part, and every byte is the same', async () => {
  const data = folder();
  const { id } = bring(data, ['--detach']);
  const first = new Worker(data);
  await until(() => chunks(media(data)).length >= 1);
  const children = descendants(first.process.pid!).map((p) => p.pid);
  const before = chunks(media(data)).length;
  await first.stop('SIGKILL');
  expect(await gone(children), 'a sandboxed child outlived its worker').toEqual([]);
  const made = chunks(media(data)).length;
  expect(made).toBeGreaterThanOrEqual(before);

  const second = new Worker(data);
  const third = new Worker(data);
  await importEnded(data, [id]);
  expect(imports(data)[0].state).toBe('done');
  // Three parts of two chunks; what lay there was not made again: less than a chunk's work was lost.
  const resumed = [...(second.said + third.said).matchAll(/encode\.resumed.*from_chunk=(\d+)/g)].map((m) => Number(m[1]));
  if (made % 2 === 1) expect(resumed).toContain(made);
  expect(first.ended('ingest.encode.part') + second.ended('ingest.encode.part') + third.ended('ingest.encode.part')).toBe(3);
  expect(second.ended('ingest.encode.part'), 'both took parts').toBeGreaterThan(0);
  expect(third.ended('ingest.encode.part'), 'both took parts').toBeGreaterThan(0);
  expect(assetDigest(asset(media(data)))).toBe(reference);

  const shown = JSON.parse(run(data, ['imports', 'show', id, '--json']));
  const steps: Record<string, any> = Object.fromEntries(shown.cost.steps.map((s: any) => [s.step, s]));
  expect(steps['encode.part'].runs).toBe(3);
  expect(steps['encode.part'].user_s).toBeGreaterThan(0.1);
  expect(steps['encode.part'].read_bytes).toBeGreaterThan(10_000);
  expect(steps['encode.part'].written_bytes).toBeGreaterThan(10_000);
  expect(Object.keys(steps).sort()).toEqual(['audio', 'encode', 'encode.part', 'images', 'package', 'plan', 'probe', 'publish', 'sound', 'store', 'text', 'verify']);
  expect(shown.cost.user_s).toBeCloseTo(shown.cost.steps.reduce((n: number, s: any) => n + s.user_s, 0), 3);
  expect(run(data, ['imports', 'show', id])).toMatch(/encode\.part +[\d.]+ s of processor/);
  await Promise.all([second.stop(), third.stop()]);
  expect(tidy(data)).toEqual([]);
});

test('a cancel ends every part', async () => {
  const data = folder();
  const { id } = bring(data, ['--detach']);
  const both = [new Worker(data), new Worker(data)];
  await until(() => chunks(media(data)).length >= 1);
  run(data, ['imports', 'cancel', id]);
  await until(() => both.every((w) => !descendants(w.process.pid!).length));
  expect(imports(data)[0].state).toBe('cancelled');
  await Promise.all(both.map((w) => w.stop()));
  run(data, ['gc']);
  expect(tidy(data)).toEqual([]);
  expect(existsSync(join(data, 'media/asset')) ? readdirSync(join(data, 'media/asset')) : []).toEqual([]);
});

test('a film in many parts does not hold up one that comes after it', async () => {
  const data = folder();
  const parts = ['--policy', 'preset=veryslow', '--policy', 'part_s=2'];
  const long = bring(data, ['--detach', '--title', 'Long', ...parts]).id;
  const worker = new Worker(data);
  await until(() => chunks(media(data)).length >= 1);
  const short = bring(data, ['--detach', '--title', 'Short', '--policy', 'max_duration_s=1']).id;
  await until(() => worker.ended('ingest.encode.part') === 6);
  const order = [...worker.said.matchAll(/job\.end.*kind=ingest\.(\S+) subject=(\S+)/g)].map((m) => (m[2] === long ? 'long ' : 'short ') + m[1]);
  // Taken by age alone, each of the short one's steps would stand behind all six.
  expect(order.indexOf('short probe'), order.join(', ')).toBeGreaterThan(0);
  expect(order.indexOf('short probe')).toBeLessThan(order.lastIndexOf('long encode.part'));
  expect(imports(data).map((i) => i.id).sort()).toEqual([long, short].sort());
  await worker.stop('SIGKILL');
});
