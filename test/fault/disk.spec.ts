// A full disk and a folder that may not be written: a sentence with the remedy, exit code 1, no title, and the same
// command goes on once there is room.
import { expect, test } from '@playwright/test';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assetDump } from '../lib/boxes.ts';
import { clip } from '../lib/media.ts';
import { binary } from '../lib/node.ts';

const root = process.getuid?.() === 0;
const film = () =>
  clip('disk.mp4', [
    '-f', 'lavfi', '-i', 'testsrc2=size=1280x720:rate=25:duration=8',
    '-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p',
  ]);

function run(data: string, ...args: string[]) {
  const r = spawnSync(binary, [args[0]!, '--data', data, ...args.slice(1)], { encoding: 'utf8', timeout: 90_000 });
  return { status: r.status, said: r.stderr, out: r.stdout };
}

test('an import on a full disk stops with the remedy, and goes on when there is room', () => {
  test.skip(!root, 'only root may mount a small tmpfs');
  const folder = mkdtempSync(join(tmpdir(), 'matinee-disk-'));
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=26m', 'tmpfs', folder]);
  test.skip(mounted.status !== 0, 'this machine does not let us mount a tmpfs');
  try {
    const data = join(folder, 'data');
    const first = run(data, 'import', film(), '--policy', 'preset=ultrafast', '--policy', 'chunk_s=2');
    expect(first.status).toBe(1);
    expect(first.said).toMatch(/disk/);
    expect(first.said).toMatch(/Free \d+ MB or more on the disk of .*disk.*import the same file again/s);
    expect(existsSync(join(data, 'media/asset')) ? readdirSync(join(data, 'media/asset')) : [], 'no half-made asset').toEqual([]);
    execFileSync('mount', ['-o', 'remount,size=200m', folder]);
    const second = run(data, 'import', film(), '--policy', 'preset=ultrafast', '--policy', 'chunk_s=2');
    expect(second.status, second.said).toBe(0);
    expect(second.out).toMatch(/\/title\/disk\n/);
    expect(readdirSync(join(data, 'media/asset'))).toHaveLength(1);
    expect(readdirSync(join(data, 'work'))).toEqual([]);
  } finally {
    spawnSync('umount', [folder]);
    rmSync(folder, { recursive: true, force: true });
  }
});

// Somebody else fills the disk to its last byte, the database's room too, at the moment at which a stage begins.
const stages = ['copying', 'probe', 'plan', 'encode', 'audio', 'images', 'package', 'verify', 'publish'];

test('a disk that fills up at any stage of an import stops it with the remedy, and it goes on from there', async () => {
  test.skip(!root, 'only root may mount a small tmpfs');
  const folder = mkdtempSync(join(tmpdir(), 'matinee-disk-'));
  test.skip(spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=120m', 'tmpfs', folder]).status !== 0, 'this machine does not let us mount a tmpfs');
  const filler = join(folder, 'filler');
  const args = (data: string) => ['import', film(), '--data', data, '--json', '--policy', 'preset=ultrafast', '--policy', 'chunk_s=2'];
  const fill = () => spawnSync('bash', ['-c', `cat /dev/zero >'${filler}'`], { stdio: 'ignore' }); // until nothing more fits
  const assets = (data: string) => readdirSync(join(data, 'media/asset')).map((id) => join(data, 'media/asset', id));
  try {
    const whole = join(folder, 'whole');
    execFileSync(binary, args(whole), { stdio: 'ignore' });
    const reference = assetDump(assets(whole)[0]!);
    rmSync(whole, { recursive: true });

    const data = join(folder, 'data');
    const stopped: string[] = [];
    for (const stage of stages) {
      const c = spawn(binary, args(data), { stdio: ['ignore', 'pipe', 'pipe'] });
      let [out, said, full] = ['', '', false];
      c.stdout.on('data', (d) => {
        out += d;
        if (full || !out.includes(`"stage":"${stage}"`)) return;
        full = true;
        fill();
      });
      c.stderr.on('data', (d) => (said += d));
      const late = setTimeout(() => c.kill('SIGKILL'), 60_000);
      const status = await new Promise<number | null>((done) => c.once('close', (code) => done(code)));
      clearTimeout(late);
      rmSync(filler, { force: true });
      if (status === 0) continue;
      stopped.push(stage);
      expect(status, `${stage}: ${said}`).toBe(1);
      expect(said + out, stage).toMatch(/disk[^]*(Free|free) /);
    }
    execFileSync(binary, args(data), { stdio: 'ignore' });
    expect(assetDump(assets(data)[0]!)).toBe(reference);
  } finally {
    spawnSync('umount', [folder]);
    rmSync(folder, { recursive: true, force: true });
  }
});

test('a data directory that may not be written is named', () => {
  const folder = mkdtempSync(join(tmpdir(), 'matinee-perm-'));
  try {
    if (root) {
      // Root may write anywhere but into what is no folder.
      const r = run('/proc/version/data', 'import', film());
      expect(r.status).toBe(1);
      expect(r.said).toMatch(/\/proc\/version/);
    } else {
      chmodSync(folder, 0o500);
      const r = run(join(folder, 'data'), 'import', film());
      expect(r.status).toBe(1);
      expect(r.said).toMatch(/matinee-perm-.*ermission/s);
    }
  } finally {
    chmodSync(folder, 0o700);
    rmSync(folder, { recursive: true, force: true });
  }
});
