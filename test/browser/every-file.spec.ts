// Every file of the media folder imports and plays, or is refused with a sentence that says what is wrong.
import { expect, test } from '@playwright/test';
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { binary, Client, MatineeNode } from '../lib/node.ts';
import { mediaFolder } from '../lib/media.ts';
import { frames, playsTo, signedInContext, watch } from '../lib/browser.ts';

const folder = mediaFolder();
const node = new MatineeNode();
const long = process.env.MATINEE_LONG === '1';

test.beforeAll(async () => {
  if (folder) await node.start();
});
test.afterAll(async () => {
  if (folder) await node.stop();
  node.remove();
});

const files = folder
  ? ['films', 'formats', 'broken', 'ads', 'audio'].flatMap((d) => readdirSync(join(folder, d)).map((f) => join(d, f)))
  : [];

test('the media folder is there', () => {
  test.skip(!folder, 'the folder of real films (../shared/media) is not beside this clone');
  expect(files.length).toBeGreaterThan(10);
});

for (const file of files)
  test(`${file} plays, or says what is wrong`, async ({ browser }) => {
    test.setTimeout(long ? 1_200_000 : 180_000);
    const policy = ['--policy', 'preset=ultrafast', ...(long ? [] : ['--policy', 'max_duration_s=6'])];
    const run = spawnSync(binary, ['import', '--data', node.data, join(folder!, file), '--json', ...policy], { encoding: 'utf8', timeout: 900_000 });
    const last = JSON.parse(run.stdout.trim().split('\n').at(-1) || '{}');
    if (run.status !== 0) {
      // Refused: one sentence for people, no half-made title.
      expect(run.signal).toBeNull();
      expect(run.status).toBe(1);
      expect(run.stderr + JSON.stringify(last)).toMatch(/[A-Z][^"]{20,}\./);
      const ana = await new Client(node).signUp();
      const titles = await ana.json('GET', '/api/v1/titles?limit=100');
      expect(titles.items.map((t: any) => t.slug)).not.toContain(last.title_slug ?? 'nothing');
      test.info().annotations.push({ type: 'refused', description: last.error?.detail ?? run.stderr.trim() });
      return;
    }
    const page = await (await signedInContext(browser, node)).newPage();
    await watch(page, node, last.title_slug);
    await playsTo(page, 0.5);
    expect((await frames(page)).total).toBeGreaterThan(0);
    await page.context().close();
  });
