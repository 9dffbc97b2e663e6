// A statement of the test's own on a running program's store, whichever engine it is on: to make time pass where no clock can be moved.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { databaseOf } from './engine.ts';
import type { MatineeNode } from './node.ts';
import { databaseQuery } from './postgres.ts';

/** On the database MAIN. Returns nothing: what the program says counts. */
export function mainExec(node: MatineeNode, sql: string): void {
  const name = databaseOf(node.data);
  if (name) databaseQuery(process.env.MATINEE_TEST_PG!, name, sql);
  else
    execFileSync('python3', ['-c', 'import sqlite3, sys\nd = sqlite3.connect(sys.argv[1], timeout=20)\nd.execute(sys.argv[2])\nd.commit()', join(node.data, 'db/main.db'), sql]);
}
