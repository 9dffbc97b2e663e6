// What a profile has watched, wants to watch and thinks of it: over HTTP, on several devices at once.
import { expect, test } from '@playwright/test';
import { Listener } from '../lib/listener.ts';
import { clips } from '../lib/media.ts';
import { Client, MatineeNode } from '../lib/node.ts';

const password = 'a long enough password';
const node = new MatineeNode();
let film: { slug: string; title_id: string };
let other: { slug: string; title_id: string };

test.describe.configure({ mode: 'serial' });
test.beforeAll(async () => {
  await node.start();
  film = node.import(clips.short(), '--title', 'The long way home');
  other = node.import(clips.short(), '--title', 'Something else');
});
test.afterAll(async () => {
  await node.stop();
  node.remove();
});

const state = (id: string) => `/api/v1/title-states/${id}`;
/** Two devices of one account. */
async function two() {
  const email = `ana-${Math.random().toString(36).slice(2)}@example.org`;
  const phone = new Client(node);
  await phone.json('POST', '/api/v1/accounts', { email, password });
  const tv = new Client(node);
  await tv.json('POST', '/api/v1/session', { email, password });
  return { phone, tv };
}
async function play(who: Client, title_id = film.title_id): Promise<string> {
  const device = { kind: 'web', codecs: ['avc1.640028', 'mp4a.40.2'], drm: ['org.w3.clearkey'] };
  return (await who.json('POST', '/api/v1/playback', { title_id, device })).id;
}
const beat = (who: Client, id: string, body: object) => who.call('POST', `/api/v1/playbacks/${id}/heartbeat`, { state: 'playing', ...body });

test('my list: on and off, per profile, newest first, and only what there is', async () => {
  const { phone, tv } = await two();
  const stranger = await new Client(node).signUp();
  expect(await phone.json('PUT', `${state(film.title_id)}/list`, { listed: true })).toMatchObject({ title_id: film.title_id, listed: true, rating: null, stars: null, watched: false });
  await phone.json('PUT', `${state(other.title_id)}/list`, { listed: true });
  await phone.json('PUT', `${state(film.title_id)}/list`, { listed: true }); /* twice is as good, and moves nothing */
  const slugs = async (who: Client, query = '') => (await who.json('GET', `/api/v1/my-list${query}`)).items.map((c: { slug: string }) => c.slug);
  expect(await slugs(tv)).toEqual([other.slug, film.slug]);
  expect(await slugs(stranger)).toEqual([]);
  const first = await tv.json('GET', '/api/v1/my-list?limit=1');
  expect(first.items).toHaveLength(1);
  expect(await slugs(tv, `?limit=1&cursor=${first.next_cursor}`)).toEqual([film.slug]);
  expect((await tv.call('GET', '/api/v1/my-list?cursor=nonsense')).status).toBe(400);
  await tv.json('PUT', `${state(other.title_id)}/list`, { listed: false });
  expect(await slugs(phone)).toEqual([film.slug]);
  const absent = await phone.call('PUT', `${state('01J00000000000000000000000')}/list`, { listed: true });
  expect(absent.status).toBe(404);
  for (const body of [{}, { listed: 1 }, { listed: true, profile_id: '01J00000000000000000000000' }])
    expect((await phone.call('PUT', `${state(film.title_id)}/list`, body)).status).toBe(400);
  expect((await new Client(node).call('GET', '/api/v1/my-list')).status).toBe(401);
});

test('a change made earlier on a device that was offline does not undo a later one', async () => {
  const { phone, tv } = await two();
  const wrong = (ago_s: number) => ({ at: new Date(Date.UTC(2001, 0, 1)).toISOString(), sent_at: new Date(Date.UTC(2001, 0, 1) + ago_s * 1000).toISOString() });
  await tv.json('PUT', `${state(film.title_id)}/list`, { listed: true });
  await tv.json('PUT', `${state(film.title_id)}/rating`, { rating: 'like', stars: 5 });
  expect((await phone.json('PUT', `${state(film.title_id)}/list`, { listed: false, ...wrong(86_400) })).listed).toBe(true);
  expect(await phone.json('PUT', `${state(film.title_id)}/rating`, { rating: 'dislike', ...wrong(86_400) })).toMatchObject({ rating: 'like', stars: 5 });
  expect((await phone.json('PUT', `${state(film.title_id)}/list`, { listed: false, ...wrong(0) })).listed).toBe(false);
});

test('likes, dislikes and stars', async () => {
  const { phone, tv } = await two();
  const rate = (body: object) => phone.json('PUT', `${state(film.title_id)}/rating`, body);
  expect(await rate({ rating: 'like' })).toMatchObject({ rating: 'like', stars: null });
  expect(await rate({ rating: 'dislike', stars: 2 })).toMatchObject({ rating: 'dislike', stars: 2 });
  expect(await tv.json('GET', state(film.title_id))).toMatchObject({ rating: 'dislike', stars: 2, listed: false });
  expect(await rate({ rating: null, stars: null })).toMatchObject({ rating: null, stars: null });
  for (const body of [{ rating: 'meh' }, { stars: 0 }, { stars: 6 }, { stars: 2.5 }]) expect((await phone.call('PUT', `${state(film.title_id)}/rating`, body)).status).toBe(400);
});

test('history: what was watched, to where, seen to its end or not; and taken out', async () => {
  const { phone, tv } = await two();
  await beat(phone, await play(phone), { position_s: 6.5 });
  await beat(phone, await play(phone, other.title_id), { position_s: 12, state: 'ended' });
  const page = await tv.json('GET', '/api/v1/history');
  expect(page.items).toMatchObject([
    { title: { slug: other.slug }, watched: true },
    { title: { slug: film.slug, progress: { position_s: 6.5 } }, position_s: 6.5, duration_s: 12, watched: false },
  ]);
  expect((await tv.call('DELETE', `/api/v1/history/${film.title_id}`)).status).toBe(204);
  expect((await phone.json('GET', '/api/v1/history')).items).toHaveLength(1);
  expect((await phone.json('GET', '/api/v1/home')).rows.map((r: { id: string }) => r.id)).not.toContain('continue');
  expect(await phone.json('GET', state(film.title_id))).toMatchObject({ resume_s: 0, watched: false, viewed_at: null });
  expect(await phone.json('PUT', `${state(film.title_id)}/watched`, { watched: true })).toMatchObject({ watched: true, resume_s: 0 });
  expect(await tv.json('PUT', `${state(film.title_id)}/watched`, { watched: false })).toMatchObject({ watched: false });
});

test('a day offline, a wrong clock: the later real viewing has the position', async () => {
  const { phone, tv } = await two();
  const onPhone = await play(phone);
  await beat(phone, onPhone, { position_s: 2, seq: 1 });
  const onTv = await play(tv);
  await beat(tv, onTv, { position_s: 9, seq: 1 });
  const clock = Date.UTC(1999, 11, 31);
  const at = (ago_s: number) => ({ at: new Date(clock - ago_s * 1000).toISOString(), sent_at: new Date(clock).toISOString() });
  /* It was watched before the TV was, so long ago that it can only have been when the playback began. */
  expect((await beat(phone, onPhone, { position_s: 5, seq: 2, ...at(86_400) })).status).toBe(204);
  expect((await tv.json('GET', state(film.title_id))).resume_s).toBe(9);
  /* Both go on: the later begun has it, and a report that comes twice or late changes nothing. */
  await beat(tv, onTv, { position_s: 10, seq: 2 });
  await beat(phone, onPhone, { position_s: 6, seq: 3 });
  await beat(tv, onTv, { position_s: 9, seq: 1 });
  expect((await tv.json('GET', state(film.title_id))).resume_s).toBe(10);
  await beat(tv, onTv, { position_s: 10.5, seq: 3, state: 'paused' });
  await beat(phone, onPhone, { position_s: 7, seq: 4 });
  expect((await tv.json('GET', state(film.title_id))).resume_s).toBe(7);
});

test('who comes back with what he heard last is told to ask again', async () => {
  const { tv } = await two();
  const r = await fetch(`${node.url}/api/v1/viewing/events`, { headers: { cookie: tv.cookie, 'last-event-id': '1' } });
  const reader = r.body!.pipeThrough(new TextDecoderStream() as any).getReader();
  let text = '';
  while (!/event: ready\nid: 1\n[^]*event: resync\n/.test(text)) text += (await reader.read()).value;
  await reader.cancel();
});

test('every device of the profile hears of a change; nobody else does', async () => {
  const { phone, tv } = await two();
  const stranger = await new Client(node).signUp();
  const here = await new Listener().start(tv);
  const there = await new Listener().start(stranger);
  try {
    const told = (what: string, id: string) => here.until((e) => e.event === 'changed' && e.data.what === what && e.data.id === id);
    await phone.json('PUT', `${state(film.title_id)}/list`, { listed: true });
    await told('list', film.title_id);
    await phone.json('PUT', `${state(film.title_id)}/rating`, { rating: 'like' });
    await told('rating', film.title_id);
    const id = await play(phone);
    await beat(phone, id, { position_s: 6 });
    await told('progress', film.title_id);
    await tv.call('POST', `/api/v1/playbacks/${id}/stop`);
    await told('stopped', id);
    /* Its own, so that what it did not hear is known to have passed. */
    await stranger.json('PUT', `${state(other.title_id)}/list`, { listed: true });
    await there.until((e) => e.data.what === 'list');
    expect(there.events.filter((e) => e.event === 'changed')).toHaveLength(1);
    expect((await fetch(`${node.url}/api/v1/viewing/events`)).status).toBe(401);
  } finally {
    here.stop();
    there.stop();
  }
});

test('a stream of events ends with its session, and no other does', async () => {
  const { phone, tv } = await two();
  const [here, there] = [await new Listener().start(tv), await new Listener().start(phone)];
  try {
    await tv.json('DELETE', '/api/v1/session');
    await here.ended;
    await phone.json('PUT', `${state(film.title_id)}/list`, { listed: true });
    await there.until((e) => e.event === 'changed');
    expect(here.events.filter((e) => e.event === 'changed')).toEqual([]);
  } finally {
    here.stop();
    there.stop();
  }
});

test('all of it is exported, and erased', async () => {
  const { phone } = await two();
  await phone.json('PUT', `${state(film.title_id)}/list`, { listed: true });
  await phone.json('PUT', `${state(film.title_id)}/rating`, { stars: 4 });
  await beat(phone, await play(phone), { position_s: 6 });
  const { viewing } = (await phone.json('GET', '/api/v1/me/export')).services ?? (await phone.json('GET', '/api/v1/me/export'));
  expect(viewing).toMatchObject({ progress: [{ title_id: film.title_id, position_s: 6 }], my_list: [{ title_id: film.title_id, listed: true }], ratings: [{ title_id: film.title_id, stars: 4 }] });
  expect((await phone.call('DELETE', '/api/v1/me', { password })).status).toBe(204);
});
