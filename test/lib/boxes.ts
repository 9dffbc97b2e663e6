// What a track file is made of, as text: every box with its size, decode times and sample counts. Two imports of
// one film are the same when these are, whatever keys protect them.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const containers = new Set(['moov', 'trak', 'mdia', 'minf', 'stbl', 'mvex', 'moof', 'traf', 'edts', 'dinf', 'sinf', 'schi']);

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
      if (type === 'trun') more = ` samples ${file.readUInt32BE(body + 4)}`;
      if (type === 'mdhd' || type === 'mvhd') more = ` ${file.subarray(body + 12, body + 24).toString('hex')}`;
      lines.push(`${' '.repeat(depth)}${type} ${size}${more}`);
      if (containers.has(type)) walk(body, at + size, depth + 1);
      at += size;
    }
  };
  walk(0, file.length, 0);
  return lines;
}

/** All tracks of one asset folder: boxes of the CMAF files, length and times of the others' indexes. */
export function assetDump(folder: string): string {
  const out: string[] = [];
  for (const name of readdirSync(folder).sort()) {
    const bytes = readFileSync(join(folder, name));
    if (name.endsWith('.cmaf')) out.push(`== ${name}`, ...boxDump(bytes));
    else if (name.endsWith('.idx')) out.push(`== ${name} ${bytes.length} ${bytes.subarray(0, 64).toString('hex')}`);
    else if (name !== 'asset.json') out.push(`== ${name} ${bytes.length}`);
  }
  return out.join('\n');
}
