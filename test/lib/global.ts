// Starts what the engine under test needs, once for all tests of a run, and says where a shared catalogue may lie (library.ts); the function
// it returns stops the one and removes the other.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { engine, wrapperWrite } from './engine.ts';
import { root } from './media.ts';
import { Postgres } from './postgres.ts';
import { Redis } from './redis.ts';

export default async function setup(): Promise<() => Promise<void>> {
  const shelf = mkdtempSync(join(tmpdir(), 'matinee-library-'));
  process.env.MATINEE_TEST_LIBRARY = join(shelf, 'data');
  const clean = async () => rmSync(shelf, { recursive: true, force: true });
  if (engine === 'embedded') return clean;
  const pg = await Postgres.create();
  const redis = await new Redis().start().catch(async (e) => {
    await pg.remove();
    throw e;
  });
  process.env.MATINEE_TEST_PG = pg.dir;
  process.env.MATINEE_TEST_REDIS = String(redis.port);
  process.env.MATINEE_BIN = wrapperWrite(pg.dir, process.env.MATINEE_BIN ?? join(root, 'build/src/app/matinee'), redis.port);
  return async () => {
    await redis.kill();
    await pg.remove();
    await clean();
  };
}
