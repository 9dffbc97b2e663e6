// Films with closed captions, made on the spot: CEA-608 in the SEI of H.264 (ATSC A/53 Part 4), as broadcasts carry them.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Caption { from_s: number; to_s: number; rows: string[]; top?: boolean }
type Pair = [number, number];
const fps = 25;

const odd = (byte: number): number => {
  let ones = 0;
  for (let bit = 0; bit < 7; bit++) ones += (byte >> bit) & 1;
  return ones % 2 ? byte : byte | 0x80;
};
const command = (a: number, b: number): Pair[] => [[odd(a), odd(b)], [odd(a), odd(b)]]; // control codes are sent twice

/** Pop-on: the screen is written unseen (RCL, ENM, a place and words a row), then shown (EOC), then taken away (EDM). */
function screen(c: Caption): Pair[] {
  const places: Pair[] = c.top ? [[0x11, 0x40], [0x11, 0x60]] : c.rows.length > 1 ? [[0x14, 0x40], [0x14, 0x60]] : [[0x14, 0x60]];
  const pairs = [...command(0x14, 0x20), ...command(0x14, 0x2e)];
  c.rows.forEach((row, i) => {
    pairs.push(...command(...places[i]));
    for (let k = 0; k < row.length; k += 2) pairs.push([odd(row.charCodeAt(k)), odd(row.charCodeAt(k + 1) || 0)]);
  });
  return pairs;
}

function schedule(captions: Caption[], frames: number): Pair[] {
  const pairs: Pair[] = Array.from({ length: frames }, () => [0x80, 0x80]);
  for (const c of captions) {
    const shown = Math.round(c.from_s * fps), load = screen(c);
    load.forEach((pair, i) => (pairs[shown - load.length + i] = pair));
    command(0x14, 0x2f).forEach((pair, i) => (pairs[shown + i] = pair));
    command(0x14, 0x2c).forEach((pair, i) => (pairs[Math.round(c.to_s * fps) + i] = pair));
  }
  return pairs;
}

/** One triplet of CEA-608 (or of CEA-708, which nothing here reads) in a NAL unit of SEI. */
function sei(pair: Pair, cea708: boolean): Buffer {
  const triplet = cea708 ? [0xfe, pair[0] | 1, pair[1]] : [0xfc, ...pair];
  const payload = [0xb5, 0x00, 0x31, 0x47, 0x41, 0x39, 0x34, 0x03, 0x41, 0xff, ...triplet, 0xff];
  return Buffer.from([0, 0, 0, 1, 0x06, 0x04, payload.length, ...payload, 0x80]);
}

/** Every picture begins with an access unit delimiter; the SEI goes behind it. */
function insert(stream: Buffer, pairs: Pair[], cea708: boolean): Buffer {
  const out: Buffer[] = [], mark = Buffer.from([0, 0, 0, 1, 9]);
  let at = 0;
  for (const pair of pairs) {
    const next = stream.indexOf(mark, at);
    if (next < 0) break;
    out.push(stream.subarray(at, next + 6), sei(pair, cea708));
    at = next + 6;
  }
  return Buffer.concat([...out, stream.subarray(at)]);
}

export function captioned(captions: Caption[], options: { seconds?: number; cea708?: boolean; to?: string } = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'matinee-captions-')), seconds = options.seconds ?? 8;
  const raw = join(folder, 'raw.h264'), with_captions = join(folder, 'captioned.h264'), film = options.to ?? join(folder, 'captioned.mp4');
  const ffmpeg = (...args: string[]) => execFileSync('ffmpeg', ['-v', 'error', '-y', ...args]);
  ffmpeg('-f', 'lavfi', '-i', `testsrc2=size=160x90:rate=${fps}:duration=${seconds}`, '-c:v', 'libx264', '-preset', 'ultrafast', '-bf', '0', '-x264-params', 'aud=1', '-pix_fmt', 'yuv420p', raw);
  writeFileSync(with_captions, insert(readFileSync(raw), schedule(captions, seconds * fps), options.cea708 ?? false));
  ffmpeg('-r', `${fps}`, '-i', with_captions, '-f', 'lavfi', '-i', `sine=duration=${seconds}`, '-map', '0:v', '-map', '1:a', '-c:v', 'copy', '-c:a', 'aac', '-metadata:s:a:0', 'language=eng', film);
  if (existsSync(film)) for (const part of [raw, with_captions]) rmSync(part);
  return film;
}
