// The picture is really encrypted: with a wrong key nothing is decoded, with the right one it is.
import { expect, test } from '@playwright/test';
import { clips } from '../lib/media.ts';
import { MatineeNode } from '../lib/node.ts';
import { coloursSeen, frames, playsTo, signedInContext, watch } from '../lib/browser.ts';

const node = new MatineeNode();
let slug = '';

test.beforeAll(async () => {
  await node.start();
  slug = node.import(clips.short(), '--title', 'Locked').slug;
});
test.afterAll(async () => {
  await node.stop();
  node.remove();
});

test('the right key: frames are decoded and seen', async ({ browser }) => {
  const page = await (await signedInContext(browser, node)).newPage();
  let licences = 0;
  page.on('request', (r) => (licences += r.url().includes('/api/v1/licence/') ? 1 : 0));
  await watch(page, node, slug);
  await playsTo(page, 3);
  expect(licences, 'the stream asked for a licence').toBeGreaterThan(0);
  expect((await frames(page)).total).toBeGreaterThan(50);
  expect(await coloursSeen(page)).toBeGreaterThan(100);
  await page.context().close();
});

test('a wrong key: no frame is decoded and nothing is seen', async ({ browser }) => {
  const page = await (await signedInContext(browser, node)).newPage();
  let answered = 0;
  await page.route('**/api/v1/licence/**', async (route) => {
    const reply = await route.fetch();
    const licence = await reply.json();
    for (const key of licence.keys) {
      const bytes = Buffer.from(key.k, 'base64url');
      bytes[0]! ^= 0xff;
      key.k = bytes.toString('base64url');
    }
    answered++;
    await route.fulfill({ response: reply, json: licence });
  });
  await watch(page, node, slug);
  await expect.poll(() => answered).toBeGreaterThan(0);
  await page.waitForTimeout(5000); // long enough for 120 frames, if there were any
  const seen = await page.evaluate(() => document.querySelector('video')?.getVideoPlaybackQuality().totalVideoFrames ?? 0);
  expect(seen).toBe(0);
  if (await page.locator('video').count()) expect(await coloursSeen(page)).toBeLessThan(30);
  await page.context().close();
});
