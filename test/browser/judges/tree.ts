// A tree made by `matinee package`, served by the plainest static server there is, with a ClearKey licence beside it.
import { execFileSync, spawnSync } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import { existsSync, mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { extname, join, normalize } from 'node:path';
import { binary } from '../../lib/node.ts';
import { root } from '../../lib/media.ts';

const types: Record<string, string> = {
  '.m3u8': 'application/vnd.apple.mpegurl', '.mpd': 'application/dash+xml', '.mp4': 'video/mp4', '.m4s': 'video/iso.segment',
  '.vtt': 'text/vtt', '.jpg': 'image/jpeg', '.js': 'text/javascript',
};
const subtitle = 'WEBVTT\n\n00:00:00.500 --> 00:00:03.000\nfirst words\n\n00:00:03.500 --> 00:00:06.000\nover the boundary\n';

export interface Tree {
  dir: string;
  keys: Map<string, string>; // key id to key, hex
}

let film: string | undefined;
function source(): string {
  if (film) return film;
  const dir = mkdtempSync(join(tmpdir(), 'matinee-judge-'));
  film = join(dir, 'film.mp4');
  execFileSync('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', 'testsrc2=s=1280x720:r=25:d=13', '-f', 'lavfi', '-i',
    'sine=f=440:d=13:r=48000', '-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-c:a', 'aac', film]);
  writeFileSync(join(dir, 'en.vtt'), subtitle);
  return film;
}

export function makeTree(...args: string[]): Tree {
  const dir = join(mkdtempSync(join(tmpdir(), 'matinee-judge-')), 'out');
  const run = spawnSync(binary, ['package', source(), '--out', dir, '--subtitle', `en:${join(source(), '../en.vtt')}`, ...args],
    { encoding: 'utf8' });
  if (run.status !== 0) throw new Error(`matinee package: ${run.stderr}`);
  const keys = new Map<string, string>();
  for (const m of run.stdout.matchAll(/^key \w+:([0-9a-f]{32}):([0-9a-f]{32})$/gm)) keys.set(m[1]!, m[2]!);
  return { dir, keys };
}

const hex = (b64url: string) => Buffer.from(b64url, 'base64url').toString('hex');

export class StaticServer {
  missing: string[] = [];
  licences = 0;
  private constructor(private server: Server, readonly url: string) {}

  static async start(tree: Tree, wrongKey = false): Promise<StaticServer> {
    let self: StaticServer;
    const server = createServer((rq, rs) => {
      const path = decodeURIComponent(new URL(rq.url!, 'http://x').pathname);
      if (path === '/') return void rs.setHeader('content-type', 'text/html').end('<video id=v muted width=640></video>');
      if (path === '/licence') {
        let body = '';
        rq.on('data', (d) => (body += d)).on('end', () => {
          self.licences++;
          const keys = (JSON.parse(body).kids as string[]).map((kid) => {
            const key = wrongKey ? '00'.repeat(16) : (tree.keys.get(hex(kid)) ?? '');
            return { kty: 'oct', kid, k: Buffer.from(key, 'hex').toString('base64url') };
          });
          rs.setHeader('content-type', 'application/json').end(JSON.stringify({ keys, type: 'temporary' }));
        });
        return;
      }
      const file = path.startsWith('/npm/') ? join(root, 'test/node_modules', normalize(path.slice(4))) : join(tree.dir, normalize(path));
      if (!existsSync(file) || !statSync(file).isFile()) {
        if (path !== '/favicon.ico') self.missing.push(path);
        return void rs.writeHead(404).end();
      }
      const data = readFileSync(file);
      const range = /^bytes=(\d+)-(\d*)$/.exec(rq.headers.range ?? '');
      rs.setHeader('content-type', types[extname(file)] ?? 'application/octet-stream');
      if (!range) return void rs.end(data);
      const to = Math.min(range[2] ? Number(range[2]) : data.length - 1, data.length - 1);
      rs.writeHead(206, { 'content-range': `bytes ${range[1]}-${to}/${data.length}` }).end(data.subarray(Number(range[1]), to + 1));
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    self = new StaticServer(server, `http://localhost:${(server.address() as { port: number }).port}`);
    return self;
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}
