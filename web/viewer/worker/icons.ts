/*
 * icons.ts - draws the icons that must be pixels (a home screen's, of iOS above all) from the drawing that the others are, when the
 * application is built: no picture of it lies in the repository, and none can differ from the drawing. What public/icon-maskable.svg
 * holds is read for what it is: a ground, and one path of straight lines with a scale about the middle.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { deflateSync } from 'node:zlib';
import type { Plugin } from 'vite';

type Point = readonly [x: number, y: number];
const SIDE = 32; /* of the drawing */
const FINE = 4; /* looks a pixel and direction: smooth edges */

/** The corners of a path of M, L, H, V, Z in either case. Anything else in it is refused. */
export function corners(path: string): Point[] {
  const found: Point[] = [];
  let [x, y] = [0, 0];
  for (const [, letter = '', numbers = ''] of path.matchAll(/([a-zA-Z])([^a-zA-Z]*)/g)) {
    const v = (numbers.match(/-?\d*\.?\d+/g) ?? []).map(Number);
    const [own, kind] = [letter === letter.toLowerCase(), letter.toUpperCase()];
    if (!'MLHVZ'.includes(kind)) throw new Error(`icons.ts: a path's ${letter} is not read; draw with straight lines`);
    for (let i = 0; i < v.length; i += kind === 'H' || kind === 'V' ? 1 : 2) {
      if (kind !== 'V') x = (own ? x : 0) + v[i]!;
      if (kind !== 'H') y = (own ? y : 0) + v[kind === 'V' ? i : i + 1]!;
      found.push([x, y]);
    }
  }
  return found;
}

function inside(shape: Point[], x: number, y: number): boolean {
  let odd = false;
  for (let i = 0, j = shape.length - 1; i < shape.length; j = i++) {
    const [[ax, ay], [bx, by]] = [shape[i]!, shape[j]!];
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) odd = !odd;
  }
  return odd;
}

const rgb = (hex: string): number[] => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));

/* zlib's own came with Node 22; the distribution's is older. */
const table = Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c >>> 0;
});
const crc32 = (bytes: Buffer): number => (bytes.reduce((c, byte) => table[(c ^ byte) & 255]! ^ (c >>> 8), 0xffffffff) ^ 0xffffffff) >>> 0;

function chunk(type: string, body: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), body]);
  const out = Buffer.alloc(named.length + 8);
  out.writeUInt32BE(body.length, 0);
  named.copy(out, 4);
  out.writeUInt32BE(crc32(named), named.length + 4);
  return out;
}

/** A PNG of so many pixels a side (ISO/IEC 15948: eight bits, true colour, no filter). */
export function draw(svg: string, pixels: number): Buffer {
  const ground = rgb(/<rect[^>]*fill="(#[0-9a-f]{6})"/.exec(svg)?.[1] ?? '');
  const ink = rgb(/<path[^>]*fill="(#[0-9a-f]{6})"/.exec(svg)?.[1] ?? '');
  const scale = Number(/scale\(([\d.]+)\)/.exec(svg)?.[1] ?? 1);
  const shape = corners(/<path[^>]*\sd="([^"]+)"/.exec(svg)?.[1] ?? '').map(([x, y]): Point => [(x - SIDE / 2) * scale + SIDE / 2, (y - SIDE / 2) * scale + SIDE / 2]);
  if (shape.length < 3 || [...ground, ...ink].some(Number.isNaN)) throw new Error('icons.ts: the drawing has no ground or no path');
  const rows = Buffer.alloc(pixels * (1 + pixels * 3));
  for (let py = 0, at = 0; py < pixels; py++) {
    rows[at++] = 0;
    for (let px = 0; px < pixels; px++) {
      let hits = 0;
      for (let k = 0; k < FINE * FINE; k++) hits += inside(shape, ((px + ((k % FINE) + 0.5) / FINE) / pixels) * SIDE, ((py + (Math.floor(k / FINE) + 0.5) / FINE) / pixels) * SIDE) ? 1 : 0;
      const part = hits / (FINE * FINE);
      for (let c = 0; c < 3; c++) rows[at++] = Math.round(ground[c]! * (1 - part) + ink[c]! * part);
    }
  }
  const head = Buffer.alloc(13);
  head.writeUInt32BE(pixels, 0);
  head.writeUInt32BE(pixels, 4);
  head.set([8, 2, 0, 0, 0], 8);
  return Buffer.concat([Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]), chunk('IHDR', head), chunk('IDAT', deflateSync(rows, { level: 9 })), chunk('IEND', Buffer.alloc(0))]);
}

export const sizes = { 'apple-touch-icon.png': 180 };

export function icons(): Plugin {
  return {
    name: 'matinee-icons',
    apply: 'build',
    generateBundle() {
      const svg = readFileSync(fileURLToPath(new URL('../public/icon-maskable.svg', import.meta.url)), 'utf8');
      for (const [fileName, pixels] of Object.entries(sizes)) this.emitFile({ type: 'asset', fileName, source: draw(svg, pixels) });
    },
  };
}
