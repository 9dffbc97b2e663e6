// Machines that share nothing but the database and the blob folder: one brings a film, another, which has no port open, makes it.
import { expect, test } from '@playwright/test';
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import { assetDigest } from '../../lib/boxes.ts';
import { databaseOf } from '../../lib/engine.ts';
import { asset, bring, chunks, folder, importEnded, imports, unfinished, until, Worker, workersRemove } from '../../lib/workers.ts';

const long = process.env.MATINEE_LONG === '1';
const blob = mkdtempSync(join(tmpdir(), 'matinee-blob-'));
test.afterAll(async () => {
  await workersRemove();
  rmSync(blob, { recursive: true, force: true });
});

/** Ports that a process listens on. */
function listens(pid: number): string[] {
  const own = readdirSync(`/proc/${pid}/fd`).map((fd) => {
    try {
      return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1];
    } catch {
      return undefined; // closed meanwhile
    }
  });
  return ['tcp', 'tcp6']
    .flatMap((f) => readFileSync(`/proc/net/${f}`, 'utf8').trim().split('\n').slice(1))
    .map((l) => l.trim().split(/\s+/))
    .filter((c) => c[3] === '0A' && own.includes(c[9]))
    .map((c) => c[1]!);
}

test('a machine with neither the file nor a port makes what another brought, to the byte', async () => {
  const alone = folder();
  expect(bring(alone).state).toBe('done');
  const home = folder();
  const env = { MATINEE_STORE_URL: databaseOf(home)!, MATINEE_BLOB_DIR: blob };
  const { id } = bring(home, ['--detach'], env);
  const bringer = new Worker(home, [], env);
  await until(() => bringer.ended('ingest.store') === 1);
  await bringer.stop(); // what it had begun since is given back

  const away = folder();
  copyFileSync(join(home, 'master.key'), join(away, 'master.key'));
  const bare = new Worker(away, ['--worker-jobs', 'media'], env);
  if (long) {
    // Cut off for good within a part: what lies in the blob is not made again by the next.
    await until(() => chunks(blob).length >= 1);
    await bare.stop('SIGKILL');
  }
  const other = folder();
  copyFileSync(join(home, 'master.key'), join(other, 'master.key'));
  const next = new Worker(other, ['--worker-jobs', 'media'], env);
  await until(() => bare.ended('ingest.encode.part') + next.ended('ingest.encode.part') >= 1);
  expect(listens(next.process.pid!)).toEqual([]);
  await importEnded(home, [id], env);
  expect(imports(home, env)[0].state).toBe('done');
  expect(bare.ended('ingest.encode.part') + next.ended('ingest.encode.part') + bringer.ended('ingest.encode.part')).toBe(3);
  expect(assetDigest(asset(blob))).toBe(assetDigest(asset(join(alone, 'media'))));
  await Promise.all([bare.stop(), next.stop()]);
  expect(unfinished(blob)).toEqual([]);
});
