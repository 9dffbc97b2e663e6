// How many devices watch at a time, over HTTP: the limit, who holds it, stopping one, a player that crashed.
import { expect, test } from '@playwright/test';
import { clips } from '../lib/media.ts';
import { Client, MatineeNode } from '../lib/node.ts';
import { Redis } from '../lib/redis.ts';

const password = 'a long enough password';
const node = new MatineeNode();
let film: { slug: string; title_id: string };

test.describe.configure({ mode: 'serial' });
test.beforeAll(async () => {
  await node.start({ args: ['--streams-max', '2'] });
  film = node.import(clips.short(), '--title', 'One seat left');
});
test.afterAll(async () => {
  await node.stop();
  node.remove();
});

/** One account; each call is one more of its devices. */
function family() {
  const email = `kin-${Math.random().toString(36).slice(2)}@example.org`;
  const made = new Client(node).json('POST', '/api/v1/accounts', { email, password });
  return async (kind: string, name: string) => {
    await made;
    const who = new Client(node);
    await who.json('POST', '/api/v1/session', { email, password });
    const device = { kind, name, codecs: ['avc1.640028', 'mp4a.40.2'], drm: ['org.w3.clearkey'] };
    const play = () => who.call('POST', '/api/v1/playback', { title_id: film.title_id, device });
    return { who, play, beat: (id: string, position_s = 1, state = 'playing') => who.call('POST', `/api/v1/playbacks/${id}/heartbeat`, { position_s, state }) };
  };
}
const started = async (r: Response): Promise<string> => {
  expect(r.status).toBe(201);
  return (await r.json()).id;
};
/** Keeps slots alive while something is waited for. */
async function until(done: () => Promise<boolean>, meanwhile: () => Promise<unknown>) {
  while (!(await done())) {
    await meanwhile();
    await new Promise((next) => setTimeout(next, 100));
  }
}

test('one device too many is told who watches, and may stop one', async () => {
  const device = family();
  const [tv, phone, laptop, stranger] = [await device('tv', 'Living room'), await device('phone', ''), await device('web', 'Laptop'), await family()('web', 'Elsewhere')];
  const onTv = await started(await tv.play());
  const onPhone = await started(await phone.play());
  await tv.beat(onTv);
  await phone.beat(onPhone);
  const r = await laptop.play();
  const problem = await r.json();
  expect([r.status, r.headers.get('content-type'), problem.code]).toEqual([409, 'application/problem+json', 'playback.too_many_streams']);
  expect(problem.detail).toMatch(/Living room.*[.]$/);
  expect(problem.watching).toHaveLength(2);
  expect(problem.watching).toContainEqual(
    expect.objectContaining({ playback_id: onTv, device: expect.objectContaining({ kind: 'tv', name: 'Living room' }), title: expect.objectContaining({ id: film.title_id, slug: film.slug, name: 'One seat left' }) }),
  );
  expect(problem.watching.map((s: { playback_id: string }) => s.playback_id).sort()).toEqual([onTv, onPhone].sort());
  expect((await stranger.who.json('GET', '/api/v1/streams')).items).toEqual([]);
  expect((await stranger.who.call('POST', `/api/v1/playbacks/${onTv}/stop`)).status).toBe(404);

  expect((await laptop.who.call('POST', `/api/v1/playbacks/${onTv}/stop`)).status).toBe(204);
  await started(await laptop.play());
  const told = await tv.beat(onTv, 4);
  expect([told.status, (await told.json()).code]).toEqual([409, 'playback.stopped']);
  expect((await tv.play()).status).toBe(409);
});

test('a reload is no second stream, and the older one is told', async () => {
  const tv = await family()('tv', 'TV');
  const first = await started(await tv.play());
  const second = await started(await tv.play());
  const third = await started(await tv.play());
  for (const old of [first, second]) {
    const r = await tv.beat(old);
    expect([r.status, (await r.json()).code]).toEqual([409, 'playback.replaced']);
  }
  expect((await tv.beat(third)).status).toBe(204);
  expect((await tv.who.json('GET', '/api/v1/streams')).items.map((s: { playback_id: string }) => s.playback_id)).toEqual([third]);
  expect((await tv.beat(third, 12, 'ended')).status).toBe(204);
  expect((await tv.who.json('GET', '/api/v1/streams')).items).toEqual([]);
});

test('six devices at the same instant: two get in', async () => {
  const device = family();
  const all = await Promise.all([1, 2, 3, 4, 5, 6].map((n) => device('web', `Browser ${n}`)));
  const statuses = (await Promise.all(all.map((d) => d.play()))).map((r) => r.status);
  expect(statuses.sort()).toEqual([201, 201, 409, 409, 409, 409]);
});

test('a player that crashed frees its slot, and those who watch keep theirs', async () => {
  /* Slots that end after five seconds of silence: what is 45 in life. */
  await node.stop();
  await node.start({ args: ['--streams-max', '2', '--stream-slot', '5s'] });
  const device = family();
  const [tv, phone, laptop] = [await device('tv', 'TV'), await device('phone', 'Phone'), await device('web', 'Laptop')];
  const onTv = await started(await tv.play()); /* and never heard of again */
  const onPhone = await started(await phone.play());
  let onLaptop: Response | undefined;
  await until(
    async () => (onLaptop = await laptop.play()).status === 201,
    async () => expect((await phone.beat(onPhone)).status).toBe(204),
  );
  await laptop.beat(await started(onLaptop!));
  await phone.beat(onPhone);
  const late = await tv.beat(onTv, 3);
  const problem = await late.json();
  expect([late.status, problem.code]).toEqual([409, 'playback.too_many_streams']);
  expect(problem.watching.map((s: { device: { name: string } }) => s.device.name).sort()).toEqual(['Laptop', 'Phone']);
});

test('Redis goes and comes back: who plays goes on', async () => {
  const redis = await new Redis().start();
  try {
    await node.stop();
    await node.start({ args: ['--streams-max', '1'], env: { MATINEE_CACHE_URL: redis.url() } });
    const device = family();
    const [tv, phone, laptop] = [await device('tv', 'TV'), await device('phone', 'Phone'), await device('web', 'Laptop')];
    const onTv = await started(await tv.play());
    expect((await phone.play()).status).toBe(409);
    await redis.kill();
    for (let i = 0; i < 5; i++) expect((await tv.beat(onTv, i)).status).toBe(204);
    const onPhone = await started(await phone.play()); /* nobody can tell that it is one too many */
    expect((await phone.beat(onPhone)).status).toBe(204);
    expect((await tv.who.call('GET', '/api/v1/home')).status).toBe(200);
    expect(await (await fetch(`${node.url}/healthz`)).json()).toMatchObject({ status: 'degraded', services: { store: 'ok', cache: 'cache.unreachable' } });
    await redis.start();
    await until(async () => (await (await fetch(`${node.url}/healthz`)).json()).status === 'ok', async () => {});
    /* It has forgotten who plays: whoever begins now takes nobody's place, and is told with his first sign of life. */
    const onLaptop = await started(await laptop.play());
    /* The first to be heard of has the slot again, and limits hold again. */
    await until(async () => (await tv.who.json('GET', '/api/v1/streams')).items.length === 1, () => tv.beat(onTv));
    expect((await phone.beat(onPhone)).status).toBe(409);
    expect((await laptop.beat(onLaptop)).status).toBe(409);
    expect((await tv.beat(onTv)).status).toBe(204);
    expect(node.tail()).toContain('cache.down');

    /* It hangs: nobody waits for it more than once, and nothing is lost when it goes on. */
    redis.freeze();
    for (let i = 0; i < 20; i++) expect((await tv.beat(onTv, i)).status).toBe(204);
    expect((await phone.beat(await started(await phone.play()))).status).toBe(204);
    redis.thaw();
    await until(async () => (await (await fetch(`${node.url}/healthz`)).json()).status === 'ok', async () => {});
    expect((await phone.beat(await started(await phone.play()))).status).toBe(409);
    expect((await tv.beat(onTv)).status).toBe(204);
  } finally {
    await redis.kill();
  }
});
