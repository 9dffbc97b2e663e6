// Subtitles that are pictures, made on the spot: a Blu-ray's (PGS), and a broadcast's (DVB) made of them by ffmpeg.
import { writeFileSync } from 'node:fs';

const be16 = (n: number) => [n >> 8, n & 255];
const segment = (pts_s: number, type: number, body: number[]): Buffer => {
  const head = Buffer.alloc(13);
  head.write('PG');
  head.writeUInt32BE(Math.round(pts_s * 90000), 2);
  head.writeUInt8(type, 10);
  head.writeUInt16BE(body.length, 11);
  return Buffer.concat([head, Buffer.from(body)]);
};

/** One square of 8 by 8, white, from one second to another. */
export function pgs(path: string, from_s: number, to_s: number): string {
  const rows = Array.from({ length: 8 }, () => [...Array(8).fill(1), 0, 0]).flat();
  const screen = (shown: boolean) => [...be16(160), ...be16(90), 0x10, 0, shown ? 1 : 2, 0x80, 0, 0, shown ? 1 : 0, ...(shown ? [...be16(0), 0, 0, ...be16(70), ...be16(70)] : [])];
  writeFileSync(path, Buffer.concat([
    segment(from_s, 0x16, screen(true)),
    segment(from_s, 0x17, [1, 0, ...be16(70), ...be16(70), ...be16(8), ...be16(8)]),
    segment(from_s, 0x14, [0, 0, 1, 235, 128, 128, 255]),
    segment(from_s, 0x15, [...be16(0), 0, 0xc0, 0, ...be16(rows.length + 4), ...be16(8), ...be16(8), ...rows]),
    segment(from_s, 0x80, []),
    segment(to_s, 0x16, screen(false)),
    segment(to_s, 0x80, []),
  ]));
  return path;
}
