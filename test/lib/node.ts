// A running Matinee of the test's own: a fresh data folder, a free port, stopped at the end.
import { spawn, execFileSync, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, readFileSync, existsSync, openSync, closeSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { engineRemove } from './engine.ts';
import { root } from './media.ts';

export const binary = process.env.MATINEE_BIN ?? join(root, 'build/src/app/matinee');

export async function freePort(): Promise<number> {
  return await new Promise((done, fail) => {
    const s = createServer();
    s.on('error', fail);
    s.listen(0, '127.0.0.1', () => {
      const a = s.address();
      s.close(() => (a && typeof a === 'object' ? done(a.port) : fail(new Error('no port'))));
    });
  });
}

export interface NodeOptions {
  args?: string[];
  env?: Record<string, string>;
  data?: string;
}

export class MatineeNode {
  readonly data: string;
  readonly log: string;
  port = 0;
  #child: ChildProcess | undefined;
  #ownsData: boolean;

  constructor(data?: string) {
    this.#ownsData = data === undefined;
    this.data = data ?? mkdtempSync(join(tmpdir(), 'matinee-test-'));
    this.log = this.data + '.log';
  }

  get url(): string {
    return `http://localhost:${this.port}`;
  }
  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  async start(options: NodeOptions = {}): Promise<this> {
    this.port ||= await freePort();
    const out = openSync(this.log, 'a');
    this.#child = spawn(binary, ['serve', '--data', this.data, '--http-port', String(this.port), ...(options.args ?? [])], {
      env: { ...process.env, ...options.env },
      stdio: ['ignore', out, out],
    });
    closeSync(out);
    await this.ready();
    return this;
  }

  async ready(limitMs = 120_000): Promise<void> {
    const end = Date.now() + limitMs;
    for (;;) {
      if (this.#child?.exitCode !== null && this.#child?.exitCode !== undefined)
        throw new Error(`matinee serve ended with ${this.#child.exitCode}:\n${this.tail()}`);
      try {
        const r = await fetch(`${this.url}/healthz`);
        if (r.ok) return;
      } catch {
        // not listening yet
      }
      if (Date.now() > end) throw new Error(`matinee serve is not ready after ${limitMs} ms:\n${this.tail()}`);
      await pause(50);
    }
  }

  tail(): string {
    return existsSync(this.log) ? readFileSync(this.log, 'utf8').split('\n').slice(-40).join('\n') : '';
  }

  /** Runs a command of the program on this data folder and returns what it printed. */
  run(...args: string[]): string {
    return execFileSync(binary, [args[0]!, '--data', this.data, ...args.slice(1)], { encoding: 'utf8', stdio: ['pipe', 'pipe', 'pipe'] });
  }

  /** Imports a film fast and returns the title's slug. */
  import(file: string, ...more: string[]): { slug: string; title_id: string; asset_id: string } {
    const out = this.run('import', file, '--json', '--policy', 'preset=ultrafast', ...more);
    const last = out.trim().split('\n').map((l) => JSON.parse(l)).findLast((l) => l.title_slug ?? l.slug);
    return { slug: last.title_slug ?? last.slug, title_id: last.title_id, asset_id: last.asset_id };
  }

  kill(signal: NodeJS.Signals = 'SIGKILL'): void {
    this.#child?.kill(signal);
  }

  async exited(limitMs = 60_000): Promise<number | null> {
    const c = this.#child;
    if (!c || c.exitCode !== null || c.signalCode !== null) return c?.exitCode ?? null;
    return await Promise.race([
      new Promise<number | null>((done) => c.once('exit', (code) => done(code))),
      pause(limitMs).then(() => {
        throw new Error('the program did not end');
      }),
    ]);
  }

  async stop(): Promise<void> {
    this.kill('SIGTERM');
    try {
      await this.exited();
    } finally {
      this.kill('SIGKILL');
    }
  }

  remove(): void {
    engineRemove(this.data);
    if (this.#ownsData) rmSync(this.data, { recursive: true, force: true });
    rmSync(this.log, { force: true });
  }
}

/** Like fetch. A command that ran for over a minute stops this process as long, and the server has closed the idle connections
 * by then: one that was closed before anything was answered is asked again. */
async function ask(url: string, init: RequestInit): Promise<Response> {
  return await fetch(url, init).catch(async (e) => {
    if (e?.cause?.message !== 'other side closed') throw e;
    return await fetch(url, init);
  });
}

/** One person's HTTP client: keeps the session cookie, sends the right Origin. */
export class Client {
  cookie = '';
  readonly node: MatineeNode;
  constructor(node: MatineeNode) {
    this.node = node;
  }

  async call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Response> {
    const r = await ask(this.node.url + path, {
      method,
      redirect: 'manual',
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(method === 'GET' ? {} : { origin: this.node.url }),
        ...(this.cookie ? { cookie: this.cookie } : {}),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    for (const c of r.headers.getSetCookie()) {
      const pair = c.split(';')[0]!;
      if (pair.includes('matinee_browser=')) continue; // a client of a test is new each time
      this.cookie = pair.endsWith('=') ? '' : pair;
    }
    return r;
  }

  async json<T = any>(method: string, path: string, body?: unknown): Promise<T> {
    const r = await this.call(method, path, body);
    const text = await r.text();
    if (!r.ok) throw new Error(`${method} ${path}: ${r.status} ${text}`);
    return (text ? JSON.parse(text) : undefined) as T;
  }

  /** Has these roles from now on, as an engineer gives them; signed in anew, because that ends every session. */
  async become(roles: string, password = 'a long enough password'): Promise<this> {
    const { account } = await this.json('GET', '/api/v1/session');
    this.node.run('user', 'role', account.email, '--role', roles);
    this.cookie = '';
    await this.json('POST', '/api/v1/session', { email: account.email, password });
    return this;
  }

  async signUp(name = 'ana'): Promise<this> {
    await this.json('POST', '/api/v1/accounts', {
      email: `${name}-${Math.random().toString(36).slice(2)}@example.org`,
      password: 'a long enough password',
      name,
    });
    return this;
  }
}
