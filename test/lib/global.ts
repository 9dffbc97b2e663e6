// Starts what the engine under test needs, once for all tests of a run; the function it returns stops it.
import { join } from 'node:path';
import { engine, wrapperWrite } from './engine.ts';
import { root } from './media.ts';
import { Postgres } from './postgres.ts';
import { Redis } from './redis.ts';

export default async function setup(): Promise<() => Promise<void>> {
  if (engine === 'embedded') return async () => {};
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
  };
}
