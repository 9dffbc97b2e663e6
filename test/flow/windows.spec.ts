// What licensors allow, over HTTP: in one country and not in the next, on one device, from a moment on, by the clock.
import { expect, test } from '@playwright/test';
import { clips } from '../lib/media.ts';
import { Client, MatineeNode } from '../lib/node.ts';

const node = new MatineeNode();
const args = ['--trusted-proxies', '127.0.0.1,::1', '--country-header', 'CF-IPCountry'];
const viewer = new Client(node);
const editor = new Client(node);
let film: { slug: string; title_id: string };

test.describe.configure({ mode: 'serial' });
test.beforeAll(async () => {
  await node.start({ args });
  film = node.import(clips.short(), '--title', 'Der Rechtefilm');
  await viewer.signUp();
  await (await editor.signUp('ed')).become('viewer,editor');
});
test.afterAll(async () => {
  await node.stop();
  node.remove();
});

const from = (country: string) => ({ 'cf-ipcountry': country });
const soon = (ms: number) => new Date(Date.now() + ms).toISOString();
const rights = (more: object) => editor.json('PUT', `/api/v1/editor/titles/${film.title_id}/rights`, { windows: [], ...more });
async function play(country: string, kind = 'web'): Promise<string> {
  const device = { kind, name: 'Flow', codecs: ['avc1.640028', 'mp4a.40.2'], drm: ['org.w3.clearkey'] };
  const r = await viewer.call('POST', '/api/v1/playback', { title_id: film.title_id, device }, from(country));
  return r.status === 201 ? 'plays' : (await r.json()).code;
}
/** Whether a list of the country shows it. */
const listed = async (country: string) =>
  (await (await viewer.call('GET', '/api/v1/titles', undefined, from(country))).json()).items.some((t: any) => t.id === film.title_id);
const atHome = async (country: string) =>
  JSON.stringify(await (await viewer.call('GET', '/api/v1/home', undefined, from(country))).json()).includes(film.title_id);
const access = async (country: string) => (await (await viewer.call('GET', `/api/v1/titles/${film.title_id}/access`, undefined, from(country))).json()).refusal;

test('on sale in one country and not in the next', async () => {
  const { revision } = await rights({ windows: [{ territories: ['de', 'AT'], licensor: 'Studio' }] });
  expect(await play('DE')).toBe('plays');
  expect(await play('FR')).toBe('playback.rights_not_here');
  expect(await play('')).toBe('playback.rights_not_here'); // nowhere that is known
  expect([await listed('DE'), await listed('FR'), await listed('')]).toEqual([true, false, false]);
  expect([await atHome('DE'), await atHome('FR')]).toEqual([true, false]);
  expect([await access('AT'), await access('FR')]).toEqual(['', 'playback.rights_not_here']);
  const stale = await editor.call('PUT', `/api/v1/editor/titles/${film.title_id}/rights`, { windows: [], revision: revision - 1 });
  expect([stale.status, (await stale.json()).code]).toEqual([409, 'rights.changed']);
});

test('on a television and not on a phone', async () => {
  await rights({ windows: [{ platforms: ['tv'] }, { territories: ['US'] }] });
  expect([await play('DE', 'tv'), await play('DE', 'phone'), await play('US', 'phone')]).toEqual(['plays', 'playback.rights_platform', 'plays']);
});

test('a window opens and closes while somebody waits, and a server that was killed meanwhile misses nothing', async () => {
  await rights({ windows: [{ territories: ['DE'], starts_at: soon(1000), ends_at: soon(60_000) }], unpublish_at: soon(1500) });
  expect([await play('DE'), await listed('DE')]).toEqual(['playback.rights_not_yet', false]);
  if (process.env.MATINEE_LONG) {
    node.kill('SIGKILL');
    await node.exited();
    await node.start({ args });
  }
  await expect.poll(() => play('DE'), { intervals: [200] }).toBe('playback.not_published');
  await rights({ windows: [{ territories: ['DE'], ends_at: soon(4000) }], publish_at: soon(200) });
  await expect.poll(() => play('DE'), { intervals: [100] }).toBe('plays');
  await expect.poll(() => listed('DE'), { intervals: [100] }).toBe(true);
  await expect.poll(() => play('DE'), { intervals: [200] }).toBe('playback.rights_over');
  await expect.poll(() => listed('DE'), { intervals: [100] }).toBe(false);
});

test('the calendar and the warnings are for editors', async () => {
  await rights({ windows: [{ territories: ['DE'], ends_at: soon(5 * 86_400_000) }, { holdback: true, territories: ['DE'], platforms: ['tv'] }], unpublish_at: soon(86_400_000) });
  const calendar = await editor.json('GET', '/api/v1/editor/rights');
  expect(calendar.items.map((w: any) => [w.title.slug, w.holdback])).toEqual(expect.arrayContaining([[film.slug, false], [film.slug, true]]));
  expect(calendar.scheduled.map((s: any) => s.title.slug)).toEqual([film.slug]);
  const first = await editor.json('GET', '/api/v1/editor/rights?limit=1');
  const second = await editor.json('GET', `/api/v1/editor/rights?limit=1&cursor=${first.next_cursor}`);
  expect([first.items.length, second.items.length, second.next_cursor]).toEqual([1, 1, null]);
  expect((await editor.json('GET', '/api/v1/editor/rights?licensor=Nobody')).items).toEqual([]);
  const warnings = await editor.json('GET', '/api/v1/editor/rights/warnings');
  expect(warnings.items.map((w: any) => w.kind).sort()).toEqual(['ends_soon', 'holdback_over_window']);
  expect((await editor.json('GET', `/api/v1/editor/rights/warnings?title_id=${film.title_id}`)).items.map((w: any) => w.kind).sort()).toEqual(['ends_soon', 'holdback_over_window']);
  expect((await editor.json('GET', `/api/v1/editor/rights/warnings?title_id=${film.title_id.replace(/.$/, (c) => (c === '0' ? '1' : '0'))}`)).items).toEqual([]);
  for (const path of [`titles/${film.title_id}/rights`, 'rights', 'rights/warnings']) expect((await viewer.call('GET', `/api/v1/editor/${path}`)).status).toBe(403);
  const bad = await editor.call('PUT', `/api/v1/editor/titles/${film.title_id}/rights`, { windows: [{ territories: ['Germany'] }] });
  expect([bad.status, (await bad.json()).code]).toEqual([400, 'rights.country_invalid']);
});
