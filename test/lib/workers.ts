// Workers of a test's own, and a film whose picture they encode in parts.
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { engineRemove } from './engine.ts';
import { clip } from './media.ts';
import { binary } from './node.ts';

/** Twelve seconds; with the policy three parts of two chunks. */
export const film = () =>
  clip('parts-12s.mp4', [
    '-f', 'lavfi', '-i', 'testsrc2=size=240x136:rate=25:duration=12',
    '-f', 'lavfi', '-i', 'sine=frequency=330:duration=12:sample_rate=48000',
    '-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-g', '60', '-c:a', 'aac', '-shortest',
  ]);
const policy = ['--policy', 'preset=slow', '--policy', 'chunk_s=2', '--policy', 'part_s=4', '--scheme', 'clear'];
type Env = Record<string, string>;

const lines = (out: string): any[] => out.trim().split('\n').map((l) => JSON.parse(l));
export const run = (data: string, args: string[], env: Env = {}) =>
  execFileSync(binary, [args[0]!, '--data', data, ...args.slice(1)], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } });
/** The last line of what the command says of the import. */
export const bring = (data: string, more: string[] = [], env: Env = {}): any => lines(run(data, ['import', film(), '--json', ...policy, ...more], env)).at(-1);
export const imports = (data: string, env: Env = {}): any[] => lines(run(data, ['imports', '--json'], env));

const folders: string[] = [];
const workers: Worker[] = [];
export function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'matinee-parts-'));
  folders.push(made);
  return made;
}

export class Worker {
  said = '';
  readonly process: ChildProcess;
  constructor(data: string, args: string[] = [], env: Env = {}) {
    this.process = spawn(binary, ['worker', '--data', data, '--cores', '1', ...args], { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, ...env } });
    this.process.stderr!.on('data', (d) => (this.said += d));
    workers.push(this);
  }
  /** How many jobs of that kind it ended well. */
  ended(kind: string): number {
    return [...this.said.matchAll(new RegExp(`job\\.end.*kind=${kind} .*state=done`, 'g'))].length;
  }
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const left = new Promise((done) => this.process.once('exit', done));
    this.process.kill(signal);
    await left;
  }
}

/** What lies in a blob folder of films that are not finished. */
export const unfinished = (blob: string): string[] =>
  existsSync(join(blob, 'work')) ? readdirSync(join(blob, 'work'), { recursive: true }).map(String) : [];
export const chunks = (blob: string): string[] => unfinished(blob).filter((f) => /chunk-\d+$/.test(f));
/** The folder of the one asset. */
export const asset = (blob: string) => join(blob, 'asset', readdirSync(join(blob, 'asset'))[0]!);

export async function until(what: () => boolean, everyMs = 20): Promise<void> {
  const end = Date.now() + 60_000;
  while (!what()) {
    if (Date.now() > end) throw new Error('it did not come to pass within a minute');
    await pause(everyMs);
  }
}
/** Until one of them has ended. Asked less often: each time is a program's start. */
export const importEnded = async (data: string, ids: string[], env: Env = {}) =>
  await until(() => imports(data, env).some((i) => ids.includes(i.id) && !['queued', 'running'].includes(i.state)), 400);

export async function workersRemove(): Promise<void> {
  for (const w of workers) await w.stop('SIGKILL');
  for (const f of folders) {
    engineRemove(f);
    rmSync(f, { recursive: true, force: true });
  }
}
