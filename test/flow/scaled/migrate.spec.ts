// From SQLite to PostgreSQL with one command: everything is there afterwards, whatever kills it on the way.
import { expect, test } from '@playwright/test';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { clips } from '../../lib/media.ts';
import { binary, Client, MatineeNode } from '../../lib/node.ts';
import { databaseUrl, Postgres } from '../../lib/postgres.ts';

test.describe.configure({ mode: 'serial' });
let pg: Postgres;
const node = new MatineeNode();
const viewer = new Client(node);
let film: { title_id: string };
test.beforeAll(async () => {
  pg = await Postgres.create();
  process.env.MATINEE_STORE_URL = ''; // the folder's own SQLite, on whatever engine the others run
  await node.start();
  film = node.import(clips.short());
  await viewer.signUp('ben');
});
test.afterAll(async () => {
  await node.stop();
  node.remove();
  delete process.env.MATINEE_STORE_URL;
  await pg.remove();
});

function migrate(to: string) {
  const r = spawnSync(binary, ['migrate', '--data', node.data, '--to', to], { encoding: 'utf8', timeout: 120_000 });
  return { status: r.status, said: r.stdout + r.stderr };
}

test('what cannot be is told before anything is moved', async () => {
  const url = pg.createDatabase('refused');
  const running = migrate(url);
  expect(running.status).toBe(1);
  expect(running.said).toMatch(/running/);
  expect(migrate('postgresql://me:s3cret@127.0.0.1:1/x').said).toMatch(/command line/);
  expect(migrate('postgresql://me:s3cret@127.0.0.1:1/x').said).not.toContain('s3cret');
  await node.stop();
  expect(migrate('mysql://x/y').said).toMatch(/postgresql:\/\//);
  expect(migrate('postgresql://me@127.0.0.1:1/x').said).toMatch(/refused|PostgreSQL running/);
  expect(pg.query('refused', "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")).toBe('0');
});

test('killed again and again it goes on where it was, and ends with everything there', async () => {
  // Enough to be killed in the middle of.
  execFileSync('python3', ['-c', `
import sqlite3, sys
d = sqlite3.connect(sys.argv[1])
d.executemany("INSERT INTO client_event VALUES (?,?,'p','d','n',?,2,'b','t',-1,'',-1,-1,'',?)",
  (('acc%d' % (i % 7), 'e%d' % i, i * 1000003, '{"v":"%s"}' % ('ü' * (i % 50))) for i in range(60000)))
d.commit()`, join(node.data, 'db/viewing.db')]);
  const file = join(node.data, 'target');
  writeFileSync(file, pg.createDatabase('moved') + '\n');
  let copied = 0;
  for (let kills = 0; kills < 3; kills++) {
    const c = spawn(binary, ['migrate', '--data', node.data, '--to', '@' + file], { stdio: 'ignore' });
    const ended = new Promise((done) => c.once('exit', done));
    // Not before it has come further than the one before.
    await expect.poll(() => {
      if (c.exitCode !== null) return true;
      try {
        return Number(pg.query('moved', 'SELECT coalesce(sum(rows), 0) FROM store_copy')) > copied;
      } catch {
        return false; // no such table yet
      }
    }, { intervals: [10], timeout: 60_000 }).toBe(true);
    c.kill('SIGKILL');
    await ended;
    copied = Number(pg.query('moved', 'SELECT coalesce(sum(rows), 0) FROM store_copy'));
  }
  expect(copied).toBeLessThan(60_000);
  // Half of it is no database to start on.
  const early = spawnSync(binary, ['user', 'role', 'nobody@example.org', '--role', 'editor', '--data', node.data],
    { encoding: 'utf8', env: { ...process.env, MATINEE_STORE_URL: databaseUrl(pg.dir, 'moved') } });
  expect(early.stderr).toMatch(/has not ended/);
  const last = migrate('@' + file);
  expect(last.said).toMatch(/going on where it was/);
  expect(last.said).toMatch(/client_event +60\d\d\d rows +[0-9a-f]{16} +same on both/);
  expect(last.status).toBe(0);
  expect(pg.query('moved', "SELECT count(*) FROM client_event WHERE name = 'n'")).toBe('60000');
  expect(migrate('@' + file).said).toMatch(/holds data already/);
});

test('the server goes on there: the same session, the same film, numbers that follow', async () => {
  await node.start({ env: { MATINEE_STORE_URL: databaseUrl(pg.dir, 'moved') } });
  const play = await viewer.json('POST', '/api/v1/playback', { title_id: film.title_id, device: { kind: 'web', name: 'Flow', codecs: ['avc1.640028', 'mp4a.40.2'], drm: ['org.w3.clearkey'] } });
  expect(JSON.stringify(play)).toContain('/m/');
  await new Client(node).signUp('cleo');
  const [last, next] = pg.query('moved', "SELECT coalesce(max(seq), 0), nextval(pg_get_serial_sequence('event_outbox_main', 'seq')) FROM event_outbox_main").split('|').map(Number);
  expect(next!).toBeGreaterThan(last!);
});
