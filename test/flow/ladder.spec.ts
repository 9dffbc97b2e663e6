// A ladder of the title's own: an editor sees which ladder a film got and why, and the film is made of those rungs.
import { expect, test } from '@playwright/test';
import { execFileSync } from 'node:child_process';
import { clips } from '../lib/media.ts';
import { binary, Client, MatineeNode } from '../lib/node.ts';

const node = new MatineeNode();
const editor = new Client(node);

test.beforeAll(async () => {
  await node.start();
  execFileSync(binary, ['user', 'create', 'editor@example.org', '--role', 'viewer,editor', '--data', node.data], {
    input: 'a long enough password\n',
  });
  await editor.json('POST', '/api/v1/session', { email: 'editor@example.org', password: 'a long enough password' });
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

test('a ladder that nobody knows is refused, and so is a stranger', async () => {
  expect(() => node.run('import', clips.short(), '--policy', 'ladder=mine')).toThrow(/no ladder "mine"/);
  const made = await editor.json('GET', '/api/v1/imports');
  const answer = await fetch(`${node.url}/api/v1/imports/${made.items.at(-1).id}/ladder`);
  expect(answer.status).toBe(401);
});
