import { readFileSync } from 'node:fs';
import { inflateSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { corners, draw } from '../worker/icons';

const svg = readFileSync(new URL('../public/icon-maskable.svg', import.meta.url), 'utf8');

test('a path of straight lines is read, relative or not; a curve is refused', () => {
  expect(corners('M7 24V8l9 9 9-9v16h-4z')).toEqual([[7, 24], [7, 8], [16, 17], [25, 8], [25, 24], [21, 24]]);
  expect(() => corners('M0 0C1 1 2 2 3 3')).toThrow('straight');
});

test('the icon is a PNG of the drawing: its ground at the corners, its ink on the letter’s stem, smooth between', () => {
  const png = draw(svg, 64);
  expect(png.subarray(1, 4).toString()).toBe('PNG');
  expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([64, 64]);
  const rows = inflateSync(png.subarray(png.indexOf('IDAT') + 4, png.length - 16));
  const pixel = (x: number, y: number) => [...rows.subarray(y * 193 + 1 + x * 3, y * 193 + 4 + x * 3)];
  expect(pixel(0, 0)).toEqual([0x0b, 0x0c, 0x10]);
  expect(pixel(63, 63)).toEqual([0x0b, 0x0c, 0x10]);
  expect(pixel(21, 34)).toEqual([0xf5, 0xb3, 0x42]); /* (7 + 2.1, 17) of 32, scaled by 0.72 about the middle */
  const colours = new Set(Array.from({ length: 64 * 64 }, (_, i) => pixel(i % 64, Math.floor(i / 64)).join()));
  expect(colours.size).toBeGreaterThan(3);
});
