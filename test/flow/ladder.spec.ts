// A ladder of the title's own: an editor sees which ladder a film got and why, and the film is made of those rungs.
import { expect, test } from '@playwright/test';
import { clips } from '../lib/media.ts';
import { Client, MatineeNode } from '../lib/node.ts';

const node = new MatineeNode();
const editor = new Client(node);

test.beforeAll(async () => {
  await node.start();
  await (await editor.signUp('ed')).become('viewer,editor');
});
test.afterAll(async () => {
  await node.stop();
  node.remove();
});

async function playlist(titleId: string): Promise<string> {
  const play = await editor.json('POST', '/api/v1/playback', {
    title_id: titleId,
    device: { kind: 'web', codecs: ['avc1.640028', 'mp4a.40.2'], drm: ['org.w3.clearkey'] },
  });
  return await (await fetch(node.url + play.hls_url)).text();
}

test('a film imported with a ladder of its own has the rungs that the analysis chose', async () => {
  const made = node.import(clips.short(), '--title', 'Fitted', '--policy', 'ladder=per_title', '--policy', 'preset=ultrafast');
  const ladder = await editor.json('GET', `/api/v1/editor/titles/${made.title_id}/ladder`);
  expect(ladder).toMatchObject({ kind: 'per_title', metric: 'ssim', preset: 'ultrafast' });
  expect(ladder.shots.length).toBeGreaterThan(0);
  expect(ladder.points.length).toBeGreaterThanOrEqual(4);
  for (let i = 1; i < ladder.hull.length; i++) {
    expect(ladder.hull[i].bitrate).toBeGreaterThan(ladder.hull[i - 1].bitrate);
    expect(ladder.hull[i].score).toBeGreaterThan(ladder.hull[i - 1].score);
  }
  for (let i = 1; i < ladder.rungs.length; i++) {
    const [low, high] = [ladder.rungs[i - 1], ladder.rungs[i]];
    expect(high.score - low.score >= 5.9 || high.bitrate >= 2 * low.bitrate, 'a rung that adds nothing').toBe(true);
  }
  const master = await playlist(made.title_id);
  const sizes = [...master.matchAll(/#EXT-X-STREAM-INF:.*RESOLUTION=(\d+x\d+)/g)].map((m) => m[1]);
  expect(new Set(sizes)).toEqual(new Set(ladder.rungs.map((r: any) => `${r.width}x${r.height}`)));
  expect(await editor.json('GET', `/api/v1/imports/${ladder.import_id}/ladder`)).toEqual(ladder);
});

test('a short film keeps the fixed ladder, and an editor reads why', async () => {
  const made = node.import(clips.short(), '--title', 'Fixed', '--policy', 'preset=ultrafast');
  const ladder = await editor.json('GET', `/api/v1/editor/titles/${made.title_id}/ladder`);
  expect(ladder).toMatchObject({ kind: 'fixed', metric: null, points: [], hull: [], shots: [] });
  expect(ladder.why).toContain('too short');
  expect(ladder.rungs.length).toBeGreaterThan(0);
  expect(ladder.rungs.at(-1)).toMatchObject({ crf: 23, score: null });
});

test('an editor has a film made again: viewers keep the old one until the new one is whole, and two at once are one', async () => {
  const made = node.import(clips.short(), '--title', 'Again', '--policy', 'preset=ultrafast', '--policy', 'loudness=-20');
  const before = await playlist(made.title_id), at = `/api/v1/editor/titles/${made.title_id}`;
  const wishes = { ladder: 'fixed', max_height: 240 };
  const [one, two] = await Promise.all([0, 1].map(() => fetch(`${node.url}${at}/encode`, { method: 'POST', headers: { 'content-type': 'application/json', origin: node.url, cookie: editor.cookie }, body: JSON.stringify(wishes) })));
  expect([one!.status, two!.status].sort()).toEqual([202, 409]);
  const refused = one!.status === 409 ? one! : two!, begun = await (one!.status === 202 ? one! : two!).json();
  expect((await refused.json()).code).toBe('import.under_way');
  expect(await playlist(made.title_id)).toBe(before);
  await expect.poll(async () => (await editor.json('GET', `/api/v1/imports/${begun.id}`)).state, { timeout: 90_000 }).toBe('done');
  const after = await playlist(made.title_id);
  expect(Math.max(...[...after.matchAll(/RESOLUTION=\d+x(\d+)/g)].map((m) => +m[1]!))).toBe(240);
  expect(await editor.json('GET', `${at}/ladder`)).toMatchObject({ import_id: begun.id, kind: 'fixed' });
  expect((await editor.json('GET', at)).published).toBe(true);
  const nothing = await editor.json('POST', '/api/v1/editor/titles', { name: 'Bare', kind: 'film', lang: 'en' });
  const none = await fetch(`${node.url}/api/v1/editor/titles/${nothing.id}/encode`, { method: 'POST', headers: { 'content-type': 'application/json', origin: node.url, cookie: editor.cookie }, body: '{}' });
  expect([none.status, (await none.json()).code]).toEqual([409, 'import.none_of_title']);
});

test('a ladder that nobody knows is refused, and so is a stranger', async () => {
  expect(() => node.run('import', clips.short(), '--policy', 'ladder=mine')).toThrow(/no ladder "mine"/);
  const made = await editor.json('GET', '/api/v1/imports');
  const answer = await fetch(`${node.url}/api/v1/imports/${made.items.at(-1).id}/ladder`);
  expect(answer.status).toBe(401);
});
