// Keys that change on the way, keys of single tracks, and both schemes: Chromium asks once and plays through all of them.
import { expect, test } from '@playwright/test';
import { clip } from '../lib/media.ts';
import { Client, MatineeNode } from '../lib/node.ts';
import { playsTo, signedInContext, watch } from '../lib/browser.ts';

const node = new MatineeNode();
let slug = '';

test.beforeAll(async () => {
  const film = clip('periods.mp4', [
    '-f', 'lavfi', '-i', 'testsrc2=size=426x240:rate=25:duration=26',
    '-f', 'lavfi', '-i', 'sine=frequency=330:duration=26:sample_rate=48000',
    '-c:v', 'libx264', '-preset', 'ultrafast', '-crf', '28', '-pix_fmt', 'yuv420p', '-c:a', 'aac',
  ]);
  await node.start();
  const made = node.import(film, '--title', 'Periods', '--scheme', 'both', '--policy', 'key_period=10', '--policy', 'keys=track');
  slug = made.slug;
  const viewer = await new Client(node).signUp();
  const device = { kind: 'tv', codecs: ['avc1', 'mp4a'], drm: ['org.w3.clearkey'], schemes: ['cenc'] };
  await expect
    .poll(async () => (await viewer.call('POST', '/api/v1/playback', { title_id: made.title_id, device })).status, { timeout: 120_000 })
    .toBe(201);
});
test.afterAll(async () => {
  await node.stop();
  node.remove();
});

for (const scheme of ['cbcs', 'cenc']) {
  test(`${scheme}: over a change of keys, with a key a track`, async ({ browser }) => {
    const page = await (await signedInContext(browser, node)).newPage();
    const keys = new Set<string>();
    page.on('response', async (r) => {
      if (r.url().includes('/api/v1/licence/')) for (const k of (await r.json()).keys) keys.add(k.kid);
    });
    await page.route('**/api/v1/playback', async (route) => {
      const body = route.request().postDataJSON();
      await route.continue({ postData: { ...body, device: { ...body.device, schemes: [scheme] } } });
    });
    const segments: string[] = [];
    page.on('request', (r) => segments.push(r.url()));
    await watch(page, node, slug);
    await page.evaluate(() => { document.querySelector('video')!.currentTime = 10.5; });
    await playsTo(page, 13);
    expect(keys.size, 'three periods of two tracks').toBeGreaterThanOrEqual(6);
    expect(segments.some((url) => url.includes('/scenc/')), 'the set of segments').toBe(scheme === 'cenc');
    await page.context().close();
  });
}
