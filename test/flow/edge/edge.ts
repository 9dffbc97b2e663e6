// nginx with our module on a free port, an asset written by hand and tokens made by somebody else's library: nothing
// of src/ is in the way of what is tested here.
import { spawn, execFileSync, type ChildProcess } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request, type IncomingHttpHeaders, type Server } from 'node:http';
import { connect, type Socket } from 'node:net';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import { crc32 } from 'node:zlib';
import { setTimeout as pause } from 'node:timers/promises';
import { CAT } from '@eyevinn/cat';
import { freePort } from '../../lib/node.ts';
import { root } from '../../lib/media.ts';

export const asset = '01ARZ3NDEKTSV4RRFFQ69G5FAV';
export const otherAsset = '01BX5ZZKBKACTAV9WEVGEMMVRZ';
export const playback = '01HV3P9Q6ZJ3Y6T1B9ZQK7C2M4';

/** The module: given by script/test, else built beside this clone's build. */
export function modulePath(): string {
  if (process.env.MATINEE_MODULE && existsSync(process.env.MATINEE_MODULE)) return process.env.MATINEE_MODULE;
  const out = join(root, 'build/edge');
  execFileSync(join(root, 'edge/build'), [out], { stdio: 'inherit' });
  return join(out, 'ngx_http_matinee_module.so');
}

export interface Key {
  kid: string;
  secret: Buffer;
}
export const newKey = (kid: string): Key => ({ kid, secret: randomBytes(32) });
export const keyLine = (k: Key) => `${Buffer.from(k.kid).toString('hex')} ${k.secret.toString('hex')}\n`;

const now = () => Math.floor(Date.now() / 1000);

export async function mint(key: Key, claims: Record<string, unknown> = {}): Promise<string> {
  const cat = new CAT({ keys: { [key.kid]: key.secret }, expectCwtTag: true });
  const all = {
    exp: now() + 3600,
    cti: Buffer.from(playback).toString('hex'),
    catu: { path: { 'prefix-match': `/${asset}/` } },
    ...claims,
  };
  const token = await cat.generateFromJson(all as never, { type: 'mac', alg: 'HS256', kid: key.kid });
  if (!token) throw new Error('@eyevinn/cat made no token');
  return token;
}

/** Little-endian, as src/media/cmaf/index.h lays it out. */
export function indexBytes(object: string, extents: { offset: number; length: number }[], o: { init?: number; type?: number } = {}): Buffer {
  const header = Buffer.alloc(128);
  header.writeUInt32LE(0x5849544d, 0);
  header.writeUInt32LE(1, 4);
  header.writeUInt32LE(90000, 12);
  header.writeBigUInt64LE(0n, 16);
  header.writeUInt32LE(o.init ?? 0, 24);
  header.writeUInt32LE(1, 28);
  header.writeUInt32LE(extents.length, 32);
  header.writeUInt32LE(o.type ?? 0, 36);
  header.writeUInt32LE(crc32(header.subarray(0, 120)), 120);
  const name = Buffer.alloc(64);
  name.write(object);
  const rows = extents.map((e, i) => {
    const row = Buffer.alloc(48);
    row.writeBigUInt64LE(BigInt(e.offset), 0);
    row.writeBigUInt64LE(BigInt(i * 360000), 8);
    row.writeUInt32LE(e.length, 16);
    row.writeUInt32LE(360000, 20);
    row.writeUInt32LE(16, 28);
    row.writeUInt32LE(crc32(row.subarray(0, 44)), 44);
    return row;
  });
  return Buffer.concat([header, name, ...rows]);
}

export interface Track {
  init: Buffer;
  segments: Buffer[];
  extents: { offset: number; length: number }[];
}

/** A track of random bytes, segments on 4 KiB boundaries as the packager writes them. */
export function writeTrack(folder: string, name: string, sizes: number[], o: { type?: number; init?: number; suffix?: string } = {}): Track {
  const init = randomBytes(o.init ?? 700);
  const object = `${name}.${o.suffix ?? 'cmaf'}`;
  const extents: Track['extents'] = [];
  const segments = sizes.map((n) => randomBytes(n));
  const parts: Buffer[] = [init];
  let at = init.length;
  for (const s of segments) {
    const gap = (4096 - (at % 4096)) % 4096;
    parts.push(Buffer.alloc(gap), s);
    extents.push({ offset: at + gap, length: s.length });
    at += gap + s.length;
  }
  writeFileSync(join(folder, object), Buffer.concat(parts));
  writeFileSync(join(folder, `${name}.idx`), indexBytes(object, extents, { init: init.length, type: o.type }));
  return { init, segments, extents };
}

export interface Reply {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

/** A process's children, by asking the kernel. */
export function childrenOf(pid: number): number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return text.split(' ').filter(Boolean).map(Number);
}

export const alive = (pid: number) => {
  try {
    process.kill(pid, 0);
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
};

const title = (pid: number) => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1');
  } catch {
    return 'shutting down';
  }
};

export async function until(what: string, fn: () => boolean | Promise<boolean>, ms = 10_000): Promise<void> {
  for (const end = Date.now() + ms; ; await pause(10)) {
    if (await fn()) return;
    if (Date.now() > end) throw new Error(`not within ${ms} ms: ${what}`);
  }
}

export interface EdgeOptions {
  logLevel?: string;
  log?: string;
  http?: string;
  workers?: number;
  indexValid?: string;
  tls?: { cert: string; key: string };
}

export class Edge {
  readonly dir = mkdtempSync(join(tmpdir(), 'matinee-edge-'));
  readonly folder = join(this.dir, 'blob/asset', asset);
  key = newKey('k1');
  port = 0;
  tlsPort = 0;
  backend: Server | undefined;
  /** What the app was asked for, and how it answers. */
  asked: { url: string; headers: IncomingHttpHeaders }[] = [];
  answer: (url: string) => { status: number; type: string; body: string } = () => ({
    status: 200,
    type: 'application/vnd.apple.mpegurl',
    body: '#EXTM3U\n',
  });
  #nginx: ChildProcess | undefined;
  #options: EdgeOptions = {};

  constructor() {
    mkdirSync(this.folder, { recursive: true });
    mkdirSync(join(this.dir, 'run'));
    execFileSync('chmod', ['-R', 'a+rX', this.dir]);
  }

  get errors(): string {
    return readFileSync(join(this.dir, 'error.log'), 'utf8');
  }
  get deliveryPath(): string {
    return this.#options.log?.split(' ')[0] ?? join(this.dir, 'delivery.log');
  }
  get delivery(): string[] {
    return readFileSync(this.deliveryPath, 'utf8').split('\n').filter(Boolean);
  }
  get master(): number {
    return this.#nginx?.pid ?? 0;
  }
  get workers(): number[] {
    return childrenOf(this.master);
  }

  writeKeys(...keys: Key[]): void {
    const path = join(this.dir, 'token.keys');
    writeFileSync(path + '.new', keys.map(keyLine).join(''), { mode: 0o600 });
    renameSync(path + '.new', path);
  }

  #config(): string {
    const o = this.#options;
    const temps = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((t) => `${t}_temp_path ${this.dir}/run/${t};`);
    const tls = o.tls ? `listen 127.0.0.1:${this.tlsPort} ssl http2; ssl_certificate ${o.tls.cert}; ssl_certificate_key ${o.tls.key};` : '';
    return `load_module ${modulePath()}; daemon off; pid ${this.dir}/run/nginx.pid; worker_processes ${o.workers ?? 1};
      ${process.getuid?.() === 0 ? 'user root;' : ''}
      error_log ${this.dir}/error.log ${o.logLevel ?? 'warn'};
      events { worker_connections 512; }
      http { access_log off; sendfile on; tcp_nopush on; open_file_cache max=100; open_file_cache_valid 60s; ${temps.join(' ')}
        matinee_keys ${this.dir}/token.keys; matinee_root ${this.dir}/blob; matinee_log ${o.log ?? this.deliveryPath};
        matinee_index_valid ${o.indexValid ?? '50ms'}; ${o.http ?? ''}
        proxy_cache_path ${this.dir}/run/cache keys_zone=manifests:1m use_temp_path=off;
        server { listen 127.0.0.1:${this.port}; ${tls}
          location /m/ { matinee_delivery /internal/manifest; }
          location /internal/manifest/ { internal; proxy_pass http://unix:${this.dir}/app.sock:; proxy_pass_request_headers off;
            proxy_set_header X-Matinee-Internal 1; proxy_cache manifests; proxy_cache_key $uri; proxy_cache_valid 200 1m; }
          location /api/ { proxy_pass http://unix:${this.dir}/none.sock:; }
          location / { return 200 "elsewhere"; } } }`;
  }

  async start(options: EdgeOptions = {}): Promise<this> {
    this.#options = options;
    this.port ||= await freePort();
    if (options.tls) this.tlsPort ||= await freePort();
    if (!existsSync(join(this.dir, 'token.keys'))) this.writeKeys(this.key);
    this.backend ??= await this.#startBackend();
    writeFileSync(join(this.dir, 'nginx.conf'), this.#config());
    const out = openSync(join(this.dir, 'error.log'), 'a');
    this.#nginx = spawn('nginx', ['-c', join(this.dir, 'nginx.conf')], { stdio: ['ignore', out, out] });
    closeSync(out);
    await until('nginx listens', async () => {
      if (this.#nginx!.exitCode !== null) throw new Error(`nginx ended:\n${this.errors}`);
      return (await canConnect(this.port)) && this.workers.length >= (options.workers ?? 1);
    });
    await this.get('/');
    return this;
  }

  async #startBackend(): Promise<Server> {
    const s = createServer((rq, rs) => {
      this.asked.push({ url: rq.url ?? '', headers: rq.headers });
      const a = this.answer(rq.url ?? '');
      rs.writeHead(a.status, { 'content-type': a.type, 'content-length': Buffer.byteLength(a.body) });
      rs.end(a.body);
    });
    await new Promise<void>((done) => s.listen(join(this.dir, 'app.sock'), done));
    return s;
  }

  /** Waits until new workers accept and the old ones no longer do; gives the old ones. */
  async reload(): Promise<number[]> {
    const before = this.workers;
    process.kill(this.master, 'SIGHUP');
    await until('new workers', () => this.workers.some((w) => !before.includes(w)));
    await until('the old ones are leaving', () => before.every((w) => !alive(w) || title(w).includes('shutting down')));
    return before;
  }

  async get(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Reply> {
    return await new Promise((done, fail) => {
      const rq = request({ host: '127.0.0.1', port: this.port, path, method, headers, agent: false, timeout: 10_000 }, (rs) => {
        const parts: Buffer[] = [];
        rs.on('data', (p: Buffer) => parts.push(p));
        rs.on('error', fail);
        rs.on('end', () => done({ status: rs.statusCode ?? 0, headers: rs.headers, body: Buffer.concat(parts) }));
      });
      rq.on('timeout', () => rq.destroy(new Error('hangs')));
      rq.on('error', fail);
      rq.end();
    });
  }

  /** Bytes as they are, the answer as it comes until the other side closes or `ms` have passed. */
  async raw(bytes: string | Buffer, ms = 2000, port = this.port): Promise<string> {
    const s = await open(port);
    let got = '';
    s.on('data', (d) => (got += d.toString('latin1')));
    s.write(bytes);
    await Promise.race([new Promise((done) => s.once('close', done)), pause(ms)]);
    s.destroy();
    return got;
  }


  async stop(): Promise<void> {
    const n = this.#nginx;
    if (n && n.exitCode === null && n.signalCode === null) {
      n.kill('SIGTERM');
      await new Promise((done) => n.once('exit', done));
    }
    this.backend?.close();
    rmSync(this.dir, { recursive: true, force: true });
  }
}

export async function open(port: number): Promise<Socket> {
  return await new Promise((done, fail) => {
    const s = connect(port, '127.0.0.1', () => done(s));
    s.on('error', fail);
  });
}

export async function canConnect(port: number): Promise<boolean> {
  try {
    (await open(port)).destroy();
    return true;
  } catch {
    return false;
  }
}
