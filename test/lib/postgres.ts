// A PostgreSQL server of the tests' own: in a temporary folder, on a Unix socket, gone with them. As root it runs as
// somebody else, because it refuses root.
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, chownSync, closeSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';

export function programFolder(): string {
  const versions = readdirSync('/usr/lib/postgresql').sort((a, b) => Number(b) - Number(a));
  if (!versions[0]) throw new Error('PostgreSQL is not installed: script/bootstrap --test');
  return join('/usr/lib/postgresql', versions[0], 'bin');
}

/** Numbers of the user that the server runs as; none when we are not root. */
function serverUser(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const line = readFileSync('/etc/passwd', 'utf8').split('\n').find((l) => l.startsWith('postgres:'));
  const [, , uid, gid] = (line ?? '::65534:65534').split(':');
  return { uid: Number(uid), gid: Number(gid) };
}

export class Postgres {
  readonly dir: string;
  #child: ChildProcess | undefined;

  private constructor(dir: string) {
    this.dir = dir;
  }

  static async create(): Promise<Postgres> {
    const dir = mkdtempSync(join(tmpdir(), 'matinee-pg-'));
    const user = serverUser();
    chmodSync(dir, 0o755);
    if (user) chownSync(dir, user.uid, user.gid);
    execFileSync(join(programFolder(), 'initdb'),
      ['-D', join(dir, 'data'), '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'],
      { cwd: dir, stdio: 'ignore', ...user });
    const pg = new Postgres(dir);
    await pg.start();
    return pg;
  }

  /** The server's process; 0 while it is stopped. */
  get pid(): number {
    return this.#child?.exitCode === null ? this.#child.pid! : 0;
  }

  async start(): Promise<void> {
    const out = openSync(join(this.dir, 'log'), 'a');
    this.#child = spawn(join(programFolder(), 'postgres'),
      ['-D', join(this.dir, 'data'), '-c', 'listen_addresses=', '-c', `unix_socket_directories=${this.dir}`, '-c', 'fsync=off',
       '-c', 'shared_buffers=32MB', '-c', 'max_connections=300'],
      { cwd: this.dir, stdio: ['ignore', out, out], ...serverUser() });
    closeSync(out);
    for (let i = 0; ; i++) {
      try {
        this.query('postgres', 'SELECT 1');
        return;
      } catch (e) {
        if (i > 200 || this.#child.exitCode !== null)
          throw new Error(`PostgreSQL does not start: ${readFileSync(join(this.dir, 'log'), 'utf8')}`, { cause: e });
        await pause(50);
      }
    }
  }

  /** SIGINT: in good order, at once. SIGQUIT: as if it had crashed. */
  async stop(signal: NodeJS.Signals = 'SIGINT'): Promise<void> {
    const c = this.#child;
    if (!c || c.exitCode !== null || c.signalCode !== null) return;
    const ended = new Promise((done) => c.once('exit', done));
    c.kill(signal);
    await ended;
  }

  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.dir, { recursive: true, force: true });
  }

  query(database: string, sql: string): string {
    return databaseQuery(this.dir, database, sql);
  }
  createDatabase(name: string): string {
    return databaseCreate(this.dir, name);
  }
}

export function databaseQuery(dir: string, database: string, sql: string): string {
  return execFileSync(join(programFolder(), 'psql'), ['-X', '-A', '-t', '-q', '-h', dir, '-U', 'postgres', '-d', database, '-v', 'ON_ERROR_STOP=1', '-c', sql],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
}

export const databaseUrl = (dir: string, name: string): string => `postgresql:///${name}?host=${encodeURIComponent(dir)}&user=postgres`;

/** Its address; one that is there already is taken as it is. */
export function databaseCreate(dir: string, name: string): string {
  if (!databaseQuery(dir, 'postgres', `SELECT 1 FROM pg_database WHERE datname = '${name}'`)) databaseQuery(dir, 'postgres', `CREATE DATABASE "${name}"`);
  return databaseUrl(dir, name);
}
