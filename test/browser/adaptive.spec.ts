// Quality follows the bandwidth: down under 1 Mbit/s, and up again when the limit is lifted.
import { expect, test } from '@playwright/test';
import { clip } from '../lib/media.ts';
import { MatineeNode } from '../lib/node.ts';
import { height, playsTo, signedInContext, throttle, watch } from '../lib/browser.ts';

const node = new MatineeNode();
let slug = '';

test.beforeAll(async () => {
  // Two minutes, with enough grain that the upper rungs need more than a megabit.
  const film = clip('long.mp4', [
    '-f', 'lavfi', '-i', 'testsrc2=size=1280x720:rate=25:duration=120,noise=alls=24:allf=t',
    '-f', 'lavfi', '-i', 'sine=frequency=330:duration=120:sample_rate=48000',
    '-c:v', 'libx264', '-preset', 'ultrafast', '-crf', '28', '-pix_fmt', 'yuv420p', '-c:a', 'aac',
  ]);
  await node.start();
  slug = node.import(film, '--title', 'A long film', '--policy', 'max_rungs=2').slug;
});
test.afterAll(async () => {
  await node.stop();
  node.remove();
});

test('the rendition goes down under 1 Mbit/s and comes back', async ({ browser }) => {
  const page = await (await signedInContext(browser, node)).newPage();
  await watch(page, node, slug, 'bufferGoal=8');
  await playsTo(page, 2);
  await expect.poll(() => height(page), { timeout: 90_000 }).toBe(720);

  await throttle(page, 1_000_000);
  await expect.poll(() => height(page), { timeout: 90_000 }).toBeLessThan(720);
  const low = await height(page);

  await throttle(page, undefined);
  await expect.poll(() => height(page), { timeout: 90_000 }).toBeGreaterThan(low);
  await page.context().close();
});
