// Every file of the media folder imports and plays, or is refused with a sentence that says what is wrong.
import { expect, test } from '@playwright/test';
import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { binary, Client, MatineeNode } from '../lib/node.ts';
import { mediaFolder } from '../lib/media.ts';
import { coloursSeen, frames, playsTo, signedInContext, watch } from '../lib/browser.ts';

const folder = mediaFolder();
const node = new MatineeNode();
const long = process.env.MATINEE_LONG === '1';
const seconds = 4;
/** Where time is short: its beginning, small. What the ladder makes of large pictures is tested where ladders are. */
const short = [`max_duration_s=${seconds}`, 'max_height=480', 'max_rungs=2'].flatMap((one) => ['--policy', one]);
const ana = new Client(node);

/** What is no film: a file that is refused and not here, or here and not refused, is a failure. */
const refused: [RegExp, RegExp][] = [
  [/^audio\//, /sound and no picture.*--audio/],
  [/^broken\/(france|truncated-gpac)\.mp4$/, /no picture and no sound.*export it again/],
];
/** Their first seconds are black or one shade. */
const dark = /bbb-1080p25|bbb_2500ms|cursed-vfr|no_duration|long_1080p|sintel|failing_audio/;

test.beforeAll(async () => {
  if (!folder) return;
  await node.start();
  await ana.signUp();
});
test.afterAll(async () => {
  if (folder) await node.stop();
  node.remove();
});

const files = folder
  ? ['films', 'formats', 'broken', 'ads', 'audio'].flatMap((d) => readdirSync(join(folder, d)).map((f) => `${d}/${f}`))
  : [];

test('the media folder is there', () => {
  test.skip(!folder, 'the folder of real films (../shared/media) is not beside this clone');
  expect(files.length).toBeGreaterThan(10);
});

async function titles(): Promise<string[]> {
  return (await ana.json('GET', '/api/v1/titles?limit=50')).items.map((t: any) => t.slug);
}

/** Length by a reader that is not ours; undefined where the file does not say. */
function declaredSeconds(path: string): number | undefined {
  const out = execFileSync('ffprobe', ['-v', 'error', '-show_entries', 'format=duration', '-of', 'csv=p=0', path], { encoding: 'utf8' });
  const s = parseFloat(out);
  return Number.isFinite(s) ? s : undefined;
}

for (const file of files)
  test(`${file} plays, or says what is wrong`, async ({ browser }) => {
    test.setTimeout(long ? 1_200_000 : 240_000);
    const before = await titles();
    const policy = ['--policy', 'preset=ultrafast', ...(long ? [] : short)];
    const run = spawnSync(binary, ['import', '--data', node.data, join(folder!, file), '--json', ...policy], { encoding: 'utf8', timeout: 900_000 });
    const last = JSON.parse(run.stdout.trim().split('\n').at(-1) || '{}');
    expect(run.signal).toBeNull();
    const sentence = refused.find(([name]) => name.test(file))?.[1];
    if (sentence) {
      expect(run.status).toBe(1);
      expect(last.state).toBe('failed');
      expect(last.file_name).toBe(basename(file));
      expect(last.error.detail).toMatch(sentence);
      expect(await titles(), 'no half-made title').toEqual(before);
      expect(readdirSync(join(node.data, 'work')), 'nothing left to work on').toEqual([]);
      test.info().annotations.push({ type: 'refused', description: last.error.detail });
      return;
    }
    expect(run.status, run.stdout + run.stderr).toBe(0);
    for (const w of last.warnings) test.info().annotations.push({ type: 'note', description: w });
    const page = await (await signedInContext(browser, node)).newPage();
    await watch(page, node, last.title_slug);
    await playsTo(page, 0.5);
    expect((await frames(page)).total).toBeGreaterThan(0);
    const declared = declaredSeconds(join(folder!, file));
    const duration = await page.evaluate(() => document.querySelector('video')!.duration);
    if (declared) expect(Math.abs(duration - (long ? declared : Math.min(declared, seconds)))).toBeLessThan(0.2);
    if (!dark.test(file)) expect(await coloursSeen(page)).toBeGreaterThan(20);
    await page.context().close();
  });
