// A catalogue that is imported once for all browser specs of a run: each starts its own Matinee on a copy of it. On the scaled
// engine, where rows lie in a database and not in the folder, each imports for itself.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { engine } from './engine.ts';
import { clips } from './media.ts';
import { MatineeNode } from './node.ts';

export interface Film {
  slug: string;
  title_id: string;
  asset_id: string;
}
export const names = ['The Lighthouse', 'Harbour', 'Tide'] as const;

function shelve(node: MatineeNode, n: number): Film[] {
  return names.slice(0, n).map((name) => node.import(clips.short(), '--title', name, '--lang', 'en'));
}

/** Two workers may want it at the same time: one makes it, the other waits a moment and looks again. */
function first(lock: string): boolean {
  try {
    mkdirSync(lock);
    return true;
  } catch {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
    return false;
  }
}

function make(dir: string): void {
  const made = new MatineeNode(`${dir}.${process.pid}`);
  try {
    const films = shelve(made, names.length);
    // What belongs to a running program is no part of a catalogue.
    rmSync(join(made.data, 'run'), { recursive: true, force: true });
    writeFileSync(join(made.data, 'films.json'), JSON.stringify(films));
    renameSync(made.data, dir);
  } finally {
    rmSync(made.data, { recursive: true, force: true });
    made.remove();
    rmSync(`${dir}.lock`, { recursive: true, force: true });
  }
}

/** Puts the first n films into a node that has not been started. They are 12 s long and in English. */
export function stock(node: MatineeNode, n = 1): Film[] {
  const dir = process.env.MATINEE_TEST_LIBRARY;
  if (engine !== 'embedded' || !dir) return shelve(node, n);
  while (!existsSync(dir)) if (first(`${dir}.lock`)) make(dir);
  execFileSync('cp', ['--reflink=auto', '-a', `${dir}/.`, node.data]);
  rmSync(join(node.data, 'films.json'));
  return JSON.parse(readFileSync(join(dir, 'films.json'), 'utf8'));
}
