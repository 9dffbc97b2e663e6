// Starts what the engine under test needs, once for all tests of a run; the function it returns stops it.
import { join } from 'node:path';
import { engine, wrapperWrite } from './engine.ts';
import { root } from './media.ts';
import { Postgres } from './postgres.ts';

export default async function setup(): Promise<() => Promise<void>> {
  if (engine === 'embedded') return async () => {};
  const pg = await Postgres.create();
  process.env.MATINEE_TEST_PG = pg.dir;
  process.env.MATINEE_BIN = wrapperWrite(pg.dir, process.env.MATINEE_BIN ?? join(root, 'build/src/app/matinee'));
  return async () => {
    await pg.remove();
  };
}
