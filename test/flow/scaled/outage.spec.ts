// A database that goes away for ten seconds in the middle: requests wait or are told when to come again, no write is lost
// or done twice, and the job queue carries on.
import { expect, test } from '@playwright/test';
import { setTimeout as pause } from 'node:timers/promises';
import { clips } from '../../lib/media.ts';
import { Client, MatineeNode } from '../../lib/node.ts';
import { databaseUrl, Postgres } from '../../lib/postgres.ts';

test.describe.configure({ mode: 'serial' });
let pg: Postgres;
const node = new MatineeNode();
test.beforeAll(async () => {
  pg = await Postgres.create();
  pg.createDatabase('outage');
  await node.start({ env: { MATINEE_STORE_URL: databaseUrl(pg.dir, 'outage') } });
});
test.afterAll(async () => {
  await node.stop();
  node.remove();
  await pg.remove();
});

/** Signs up again and again until it is told that the account is there. */
async function person(email: string, told: { later: number; others: string[] }): Promise<void> {
  let doubt = false;
  for (;;) {
    const r = await new Client(node).call('POST', '/api/v1/accounts', { email, password: 'a long enough password', name: 'ana' });
    // A commit whose answer was lost is neither done nor not done until the database is back: 504 says so, and whoever
    // asks again may find that it was done.
    if (r.status === 201 || (r.status === 409 && doubt)) return;
    if (r.status === 504) {
      doubt = true;
      await pause(1000);
      continue;
    }
    if (r.status !== 503 || !Number(r.headers.get('retry-after'))) {
      told.others.push(`${email}: ${r.status} ${await r.text()}`);
      return;
    }
    told.later++;
    await pause(Number(r.headers.get('retry-after')) * 1000);
  }
}

test('a database that is away for ten seconds costs nobody anything', async () => {
  test.setTimeout(120_000);
  // Work for the queue, long enough to be in the middle of when the database goes.
  const detached = new MatineeNode(node.data);
  const queue = detached.run('import', clips.short(), '--detach', '--json', '--policy', 'preset=ultrafast', '--store-url', databaseUrl(pg.dir, 'outage'));
  expect(queue).toContain('queued');
  const told = { later: 0, others: [] as string[] };
  const people: Promise<void>[] = [];
  let n = 0;
  const outage = (async () => {
    await pause(1500);
    await pg.stop('SIGQUIT');
    await pause(10_000);
    await pg.start();
  })();
  for (let i = 0; i < 28; i++) {
    people.push(person(`p${n++}@example.org`, told));
    await pause(500);
  }
  await Promise.all([...people, outage]);
  expect(told.others).toEqual([]);
  expect(told.later, 'some were told to come again').toBeGreaterThan(0);
  expect(pg.query('outage', 'SELECT count(*), count(DISTINCT email) FROM account')).toBe(`${n}|${n}`);
  expect(pg.query('outage', 'SELECT count(*) FROM profile')).toBe(String(n));
  await expect.poll(() => pg.query('outage', "SELECT state FROM import"), { timeout: 60_000 }).toBe('done');
  expect(pg.query('outage', "SELECT count(*) FROM job WHERE state <> 'done'")).toBe('0');
  expect(pg.query('outage', 'SELECT count(*) FROM title WHERE published = 1')).toBe('1');
});
