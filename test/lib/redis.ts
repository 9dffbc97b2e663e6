// A Redis of the tests' own: a free port, nothing on disk, killed at the end at the latest.
import { spawn, type ChildProcess } from 'node:child_process';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort } from './node.ts';

const answers = (port: number): Promise<boolean> =>
  new Promise((done) => {
    const s = connect(port, '127.0.0.1', () => s.write('PING\r\n'));
    s.on('data', () => (s.destroy(), done(true)));
    s.on('error', () => done(false));
  });

export class Redis {
  port = 0;
  #child: ChildProcess | undefined;

  /** Again after kill(): on the same port, and empty. */
  async start(): Promise<this> {
    this.port ||= await freePort();
    const args = ['--port', String(this.port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--databases', '4096', '--dir', tmpdir()];
    let failed: Error | undefined;
    this.#child = spawn('redis-server', args, { stdio: 'ignore' });
    this.#child.on('error', (error) => (failed = error));
    for (let i = 0; i < 600; i++) {
      if (await answers(this.port)) return this;
      if (failed || this.#child.exitCode !== null) break;
      await pause(50);
    }
    throw new Error(`redis-server does not start: ${failed?.message ?? `exit ${this.#child.exitCode}`}; script/bootstrap --test installs it`);
  }

  url(db = 0): string {
    return `redis://127.0.0.1:${this.port}/${db}`;
  }

  /** It hangs: connections stay, and nothing is answered any more. */
  freeze(): void {
    this.#child?.kill('SIGSTOP');
  }
  thaw(): void {
    this.#child?.kill('SIGCONT');
  }

  async kill(): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((done) => child.once('exit', done));
    child.kill('SIGKILL');
    await gone;
  }
}
