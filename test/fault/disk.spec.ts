// A full disk and a folder that may not be written: a sentence with the remedy, exit code 1, no title, and the same
// command goes on once there is room.
import { expect, test } from '@playwright/test';
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
