// What a track file is made of, as text: every box with its size, decode times and sample counts. Two imports of
// one film are the same when these are, whatever keys protect them.
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const containers = new Set(['moov', 'trak', 'mdia', 'minf', 'stbl', 'mvex', 'moof', 'traf', 'edts', 'dinf', 'sinf', 'schi']);

const digest = (b: Uint8Array) => createHash('sha256').update(b).digest('hex').slice(0, 16);

export function boxDump(file: Buffer): string[] {
  const lines: string[] = [];
  const walk = (from: number, to: number, depth: number): void => {
    for (let at = from; at + 8 <= to; ) {
      let size = file.readUInt32BE(at);
      const type = file.toString('latin1', at + 4, at + 8);
      let header = 8;
      if (size === 1) {
        size = Number(file.readBigUInt64BE(at + 8));
        header = 16;
      }
      if (size < header || at + size > to) {
        lines.push(`${' '.repeat(depth)}BROKEN ${type} ${size} at ${at}`);
        return;
      }
      const body = at + header;
      let more = '';
      if (type === 'tfdt')
        more = ` time ${file[body] === 1 ? file.readBigUInt64BE(body + 4) : file.readUInt32BE(body + 4)}`;
      if (type === 'trun') more = ` samples ${file.readUInt32BE(body + 4)} ${digest(file.subarray(body, at + size))}`;
      if (type === 'mdhd' || type === 'mvhd') more = ` ${file.subarray(body + 12, body + 24).toString('hex')}`;
      lines.push(`${' '.repeat(depth)}${type} ${size}${more}`);
      if (containers.has(type)) walk(body, at + size, depth + 1);
      at += size;
    }
  };
  walk(0, file.length, 0);
  return lines;
}

/** Every byte of what is not encrypted: a clear asset's whole. */
export function assetDigest(folder: string): string {
  return readdirSync(folder)
    .filter((name) => name !== 'asset.json')
    .sort()
    .map((name) => `${name} ${digest(readFileSync(join(folder, name)))}`)
    .join('\n');
}

/** All tracks of one asset folder: boxes of the CMAF files with times, counts, sizes and durations of their samples,
 * and the indexes whole. */
export function assetDump(folder: string): string {
  const out: string[] = [];
  for (const name of readdirSync(folder).sort()) {
    const bytes = readFileSync(join(folder, name));
    if (name.endsWith('.cmaf')) out.push(`== ${name}`, ...boxDump(bytes));
    else if (name.endsWith('.idx')) out.push(`== ${name} ${bytes.length} ${digest(bytes)}`);
    else if (name !== 'asset.json') out.push(`== ${name} ${bytes.length}`);
  }
  return out.join('\n');
}
