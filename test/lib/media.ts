// Where the films are, and small clips made on the spot.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { tmpdir } from 'node:os';

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

/** The folder of real films, or undefined where this clone stands alone. */
export function mediaFolder(): string | undefined {
  const candidates = [process.env.MATINEE_MEDIA, join(root, '../shared/media'), join(root, '../../shared/media')];
  return candidates.find((d): d is string => !!d && existsSync(join(d, 'films')));
}

export function film(name: string): string | undefined {
  const folder = mediaFolder();
  return folder && existsSync(join(folder, name)) ? join(folder, name) : undefined;
}

/** Makes a clip once with ffmpeg and keeps it for the other tests of this run. */
export function clip(name: string, ffmpegArgs: string[]): string {
  const folder = join(tmpdir(), `matinee-clips-${process.getuid?.() ?? 0}`);
  mkdirSync(folder, { recursive: true });
  const path = join(folder, name);
  if (!existsSync(path)) {
    const partial = join(folder, `${process.pid}.${name}`);
    execFileSync('ffmpeg', ['-v', 'error', '-y', ...ffmpegArgs, partial]);
    renameSync(partial, path);
  }
  return path;
}

export const clips = {
  /** 12 s, 640x360 at 25 fps, a moving picture and two tones. */
  short: () =>
    clip('short.mp4', [
      '-f', 'lavfi', '-i', 'testsrc2=size=640x360:rate=25:duration=12',
      '-f', 'lavfi', '-i', 'sine=frequency=440:duration=12:sample_rate=48000',
      '-c:v', 'libx264', '-preset', 'veryfast', '-pix_fmt', 'yuv420p', '-c:a', 'aac', '-shortest',
    ]),
};
