// Two programs on one PostgreSQL and one Redis: what is done on one is told on the other, after Redis was away and after
// a program was restarted, too.
import { expect, test } from '@playwright/test';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { databaseOf } from '../../lib/engine.ts';
import { Listener } from '../../lib/listener.ts';
import { clips } from '../../lib/media.ts';
import { Client, MatineeNode } from '../../lib/node.ts';
import { Redis } from '../../lib/redis.ts';

test.describe.configure({ mode: 'serial' });
const redis = new Redis();
const here = new MatineeNode();
const folder = mkdtempSync(join(tmpdir(), 'matinee-test-'));
const there = new MatineeNode(folder);
const tv = new Client(here);
const phone = new Client(there);
let film: { title_id: string };
let env: Record<string, string>;

test.beforeAll(async () => {
  await redis.start();
  env = { MATINEE_STORE_URL: databaseOf(here.data)!, MATINEE_CACHE_URL: redis.url() };
  await here.start({ env });
  film = here.import(clips.short());
  for (const name of ['master.key', 'token.keys']) copyFileSync(join(here.data, name), join(folder, name));
  await there.start({ env });
  await tv.signUp();
  phone.cookie = tv.cookie;
});
test.afterAll(async () => {
  await there.stop();
  await here.stop();
  there.remove();
  here.remove();
  rmSync(folder, { recursive: true, force: true });
  await redis.kill();
});

const stars = (who: Client, n: number) => who.json('PUT', `/api/v1/title-states/${film.title_id}/rating`, { stars: n });

test('what is done on one program is heard on the other, and when Redis is back, too', async () => {
  const onTv = await new Listener().start(tv);
  try {
    await onTv.until((e) => e.event === 'resync'); // the subscription has taken effect
    await stars(phone, 3);
    await onTv.until((e) => e.event === 'changed' && e.data.what === 'rating' && e.data.id === film.title_id);
    expect((await tv.json('GET', `/api/v1/title-states/${film.title_id}`)).stars).toBe(3);

    onTv.events.length = 0;
    await redis.kill();
    expect((await stars(phone, 4)).stars).toBe(4); // nobody can be told
    await stars(tv, 5);
    await onTv.until((e) => e.event === 'changed'); // but those on the same program
    await redis.start();
    await onTv.until((e) => e.event === 'resync');
    onTv.events.length = 0;
    await expect.poll(async () => (await stars(phone, 2), onTv.events.some((e) => e.event === 'changed')), { intervals: [200] }).toBe(true);
    expect((await tv.call('GET', '/api/v1/session')).status).toBe(200); // nobody was signed out
  } finally {
    onTv.stop();
  }
});

test('who comes back to a program that was restarted is told to ask again', async () => {
  const before = await new Listener().start(tv);
  const id = before.events.find((e) => e.event === 'ready')!.id!;
  before.stop();
  await here.stop();
  await stars(phone, 1);
  await here.start({ env });
  const after = await new Listener().start(tv, id);
  try {
    await after.until((e) => e.event === 'resync');
    expect((await tv.json('GET', `/api/v1/title-states/${film.title_id}`)).stars).toBe(1);
  } finally {
    after.stop();
  }
});
