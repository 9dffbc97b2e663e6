// The colours of flat patches, from sources as cameras, graders and broadcasters write them to the decoded packaged picture. What is expected is
// computed here once in floating point from the source's own code values: ITU-R BT.601, BT.709, BT.2020, display-referred between primaries
// (BT.1886's 2.4, BT.2407's hard clip). Every patch, in every rung, lies within one code value of it, and the tags say what it is.
import { expect, test } from '@playwright/test';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { binary } from '../lib/node.ts';

const folder = mkdtempSync(join(tmpdir(), 'matinee-colour-'));
test.afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Triple = [number, number, number];
type Matrix = Triple[];
/** Kr and Kb. */
const luma: Record<string, [number, number]> = {
  bt709: [0.2126, 0.0722], smpte170m: [0.299, 0.114], bt470bg: [0.299, 0.114], bt2020nc: [0.2627, 0.0593], smpte240m: [0.212, 0.087], fcc: [0.3, 0.11],
};
/** x and y of red, green, blue and white. */
const D65 = [0.3127, 0.329];
const chromaticities: Record<string, number[]> = {
  bt709: [0.64, 0.33, 0.3, 0.6, 0.15, 0.06, ...D65], smpte170m: [0.63, 0.34, 0.31, 0.595, 0.155, 0.07, ...D65], bt470bg: [0.64, 0.33, 0.29, 0.6, 0.15, 0.06, ...D65],
  bt2020: [0.708, 0.292, 0.17, 0.797, 0.131, 0.046, ...D65], smpte432: [0.68, 0.32, 0.265, 0.69, 0.15, 0.06, ...D65],
};

const times = (m: Matrix, v: Triple) => m.map((r) => r[0] * v[0] + r[1] * v[1] + r[2] * v[2]) as Triple;
const product = (a: Matrix, b: Matrix) => a.map((r) => [0, 1, 2].map((c) => r[0] * b[0]![c]! + r[1] * b[1]![c]! + r[2] * b[2]![c]!) as Triple);
function inverse(m: Matrix): Matrix {
  const [[a, b, c], [d, e, f], [g, h, i]] = m as [Triple, Triple, Triple], det = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g);
  return [[e * i - f * h, c * h - b * i, b * f - c * e], [f * g - d * i, a * i - c * g, c * d - a * f], [d * h - e * g, b * g - a * h, a * e - b * d]].map((r) => r.map((x) => x / det) as Triple);
}
function toXyz(primaries: string): Matrix {
  const c = chromaticities[primaries]!, at = (i: number): Triple => [c[2 * i]! / c[2 * i + 1]!, 1, (1 - c[2 * i]! - c[2 * i + 1]!) / c[2 * i + 1]!];
  const columns: Matrix = [0, 1, 2].map((r) => [0, 1, 2].map((k) => at(k)[r]) as Triple), s = times(inverse(columns), at(3));
  return columns.map((r) => r.map((x, k) => x * s[k]!) as Triple);
}

interface Space { primaries: string; matrix: string; full: boolean; depth: number; rgb?: boolean }
const scale = (s: Space) => {
  const unit = 2 ** (s.depth - 8);
  return s.full || s.rgb ? { black: 0, white: 2 ** s.depth - 1, half: 128 * unit, chroma: 2 ** s.depth - 1 } : { black: 16 * unit, white: 219 * unit, half: 128 * unit, chroma: 224 * unit };
};
function toRgb(code: Triple, s: Space): Triple {
  const k = scale(s);
  if (s.rgb) return code.map((v) => v / k.white) as Triple;
  const [kr, kb] = luma[s.matrix]!, y = (code[0] - k.black) / k.white, cb = (code[1] - k.half) / k.chroma, cr = (code[2] - k.half) / k.chroma;
  const r = y + 2 * (1 - kr) * cr, b = y + 2 * (1 - kb) * cb;
  return [r, (y - kr * r - kb * b) / (1 - kr - kb), b];
}
function toCode(rgb: Triple, s: Space): Triple {
  const k = scale(s);
  if (s.rgb) return rgb.map((v) => v * k.white) as Triple;
  const [kr, kb] = luma[s.matrix]!, y = kr * rgb[0] + (1 - kr - kb) * rgb[1] + kb * rgb[2];
  return [k.black + k.white * y, k.half + (k.chroma * (rgb[2] - y)) / (2 * (1 - kb)), k.half + (k.chroma * (rgb[0] - y)) / (2 * (1 - kr))];
}
function converted(rgb: Triple, from: string, to: string): Triple {
  if (from === to) return rgb;
  const clip = (v: number) => Math.min(1, Math.max(0, v));
  return times(product(inverse(toXyz(to)), toXyz(from)), rgb.map((v) => clip(v) ** 2.4) as Triple).map((v) => clip(v) ** (1 / 2.4)) as Triple;
}

/** R'G'B' of the patches; the last three are no colour at all, near the ends. */
const patches: Triple[] = [[0.75, 0.12, 0.12], [0.1, 0.55, 0.2], [0.12, 0.25, 0.85], [0.9, 0.75, 0.1], [0.55, 0.4, 0.32], [0.02, 0.02, 0.02], [0.5, 0.5, 0.5], [0.98, 0.98, 0.98]];
const COLUMNS = 4, FRAMES = 3;

interface Case { size?: [number, number]; format: string; tags?: [string, string, string]; full?: boolean; assumed?: [string, string]; becomes: [string, string, string] }
const cases: Record<string, Case> = {
  'BT.601 of 525 lines': { format: 'yuv420p', tags: ['smpte170m', 'smpte170m', 'smpte170m'], becomes: ['smpte170m', 'smpte170m', 'smpte170m'] },
  'BT.601 of 625 lines': { format: 'yuv422p', tags: ['bt470bg', 'smpte170m', 'bt470bg'], becomes: ['bt470bg', 'smpte170m', 'bt470bg'] },
  'BT.709': { format: 'yuv420p', tags: ['bt709', 'bt709', 'bt709'], becomes: ['bt709', 'bt709', 'bt709'] },
  'BT.709, full range': { format: 'yuv444p', tags: ['bt709', 'bt709', 'bt709'], full: true, becomes: ['bt709', 'bt709', 'bt709'] },
  'BT.709, ten bits, 4:2:2': { format: 'yuv422p10le', tags: ['bt709', 'bt709', 'bt709'], becomes: ['bt709', 'bt709', 'bt709'] },
  'BT.709, ten bits, full range': { format: 'yuv420p10le', tags: ['bt709', 'bt709', 'bt709'], full: true, becomes: ['bt709', 'bt709', 'bt709'] },
  'BT.709 in a small picture, in the primaries of 625 lines': { format: 'yuv420p', tags: ['bt470bg', 'bt709', 'bt709'], becomes: ['bt470bg', 'bt709', 'bt709'] },
  'SMPTE 240M': { format: 'yuv420p', tags: ['bt709', 'bt709', 'smpte240m'], becomes: ['bt709', 'bt709', 'bt709'] },
  'BT.2020, ten bits': { format: 'yuv420p10le', tags: ['bt2020', 'bt2020-10', 'bt2020nc'], becomes: ['bt709', 'bt709', 'bt709'] },
  'BT.2020, ten bits, full range, 4:2:2': { format: 'yuv422p10le', tags: ['bt2020', 'bt2020-10', 'bt2020nc'], full: true, becomes: ['bt709', 'bt709', 'bt709'] },
  'Display P3': { format: 'yuv444p10le', tags: ['smpte432', 'bt709', 'bt709'], becomes: ['bt709', 'bt709', 'bt709'] },
  'RGB that says nothing': { format: 'gbrp', assumed: ['bt709', 'bt709'], becomes: ['bt709', 'bt709', 'bt709'] },
  'RGB of ten bits, small': { format: 'gbrp10le', tags: ['bt709', 'iec61966-2-1', 'rgb'], becomes: ['bt709', 'bt709', 'bt709'] },
  'nothing said, 720 by 480': { size: [720, 480], format: 'yuv420p', assumed: ['smpte170m', 'smpte170m'], becomes: ['smpte170m', 'smpte170m', 'smpte170m'] },
  'nothing said, 720 by 576, full range': { size: [720, 576], format: 'yuv420p', full: true, assumed: ['bt470bg', 'bt470bg'], becomes: ['bt470bg', 'smpte170m', 'bt470bg'] },
  'nothing said, 1280 by 720, ten bits': { size: [1280, 720], format: 'yuv422p10le', assumed: ['bt709', 'bt709'], becomes: ['bt709', 'bt709', 'bt709'] },
};

/** The pictures as raw bytes, and each patch in the whole numbers that stand there. */
function raw(c: Case, s: Space, w: number, h: number): { bytes: Buffer; codes: Triple[] } {
  const codes = patches.map((p) => toCode(p, s).map((v) => Math.round(v)) as Triple), wide = s.depth > 8 ? 2 : 1, rows = patches.length / COLUMNS;
  const sub = s.rgb || c.format.includes('444') ? [1, 1] : c.format.includes('422') ? [2, 1] : [2, 2];
  const planes = (s.rgb ? [1, 2, 0] : [0, 1, 2]).map((component, plane) => {
    const pw = plane && !s.rgb ? w / sub[0]! : w, ph = plane && !s.rgb ? h / sub[1]! : h, b = Buffer.alloc(pw * ph * wide);
    for (let y = 0; y < ph; y++)
      for (let x = 0; x < pw; x++) {
        const v = codes[Math.floor((y * rows) / ph) * COLUMNS + Math.floor((x * COLUMNS) / pw)]![component]!;
        if (wide === 2) b.writeUInt16LE(v, (y * pw + x) * 2);
        else b[y * pw + x] = v;
      }
    return b;
  });
  return { bytes: Buffer.concat(Array.from({ length: FRAMES }, () => Buffer.concat(planes))), codes };
}

function source(name: string, c: Case, bytes: Buffer, w: number, h: number): string {
  const path = join(folder, `${name.replace(/\W+/g, '-')}.mkv`), tags = c.tags ? ['-color_primaries', c.tags[0], '-color_trc', c.tags[1], '-colorspace', c.tags[2]] : [];
  execFileSync('ffmpeg', ['-v', 'error', '-y', '-f', 'rawvideo', '-pix_fmt', c.format, '-s', `${w}x${h}`, '-r', '25', '-i', '-', '-c:v', 'ffv1', ...tags, ...(c.full ? ['-color_range', 'pc'] : c.tags ? ['-color_range', 'tv'] : []), path], { input: bytes });
  return path;
}

/** Mean of a patch's middle in each plane of the second picture. */
function measured(file: string, w: number, h: number): Triple[] {
  const out = execFileSync('ffmpeg', ['-v', 'error', '-i', file, '-frames:v', `${FRAMES}`, '-f', 'rawvideo', '-pix_fmt', 'yuv420p', '-'], { maxBuffer: 1 << 28 });
  const rows = patches.length / COLUMNS, base = (w * h * 3) / 2;
  return patches.map((_, i) => [0, 1, 2].map((plane) => {
    const pw = plane ? w / 2 : w, ph = plane ? h / 2 : h, at = base + (plane === 0 ? 0 : plane === 1 ? w * h : (w * h * 5) / 4);
    const x0 = Math.floor((((i % COLUMNS) + 0.35) * pw) / COLUMNS), x1 = Math.floor((((i % COLUMNS) + 0.65) * pw) / COLUMNS);
    const y0 = Math.floor(((Math.floor(i / COLUMNS) + 0.35) * ph) / rows), y1 = Math.floor(((Math.floor(i / COLUMNS) + 0.65) * ph) / rows);
    let sum = 0, n = 0;
    for (let y = y0; y < y1; y++) for (let x = x0; x < x1; x++) (sum += out[at + y * pw + x]!), n++;
    return sum / n;
  }) as Triple);
}

/** Initialisation and segments of a rung as one file. */
function track(tree: string, name: string): string {
  const path = join(tree, `${name}.mp4`), n = readdirSync(join(tree, name)).filter((f) => f.endsWith('.m4s')).length;
  writeFileSync(path, Buffer.concat(['init.mp4', ...Array.from({ length: n }, (_, i) => `${i}.m4s`)].map((f) => readFileSync(join(tree, name, f)))));
  return path;
}

/** Packaged, and what ffmpeg makes of each rung. */
function rungs(name: string, film: string, n: number) {
  const tree = join(folder, name.replace(/\W+/g, '_'));
  const run = spawnSync(binary, ['package', film, '--out', tree, '--clear', '--policy', 'preset=veryfast', '--policy', 'crf=10', '--policy', `max_rungs=${n}`], { encoding: 'utf8' });
  expect(run.status, run.stderr).toBe(0);
  const found = readdirSync(tree).filter((d) => /^v\d+$/.test(d)).map((rung) => ({ rung, file: track(tree, rung) }));
  expect(found.length).toBe(n);
  return found.map((r) => ({ ...r, st: JSON.parse(execFileSync('ffprobe', ['-v', 'error', '-show_streams', '-of', 'json', r.file], { encoding: 'utf8' })).streams[0] }));
}

for (const [name, c] of Object.entries(cases))
  test(`${name}: as it was`, () => {
    const [w, h] = c.size ?? [240, 136], rgb = c.format.startsWith('gbr');
    const from: Space = { primaries: c.tags?.[0] ?? c.assumed![0], matrix: c.tags?.[2] ?? c.assumed![1], full: !!c.full, depth: +(/p(\d+)le/.exec(c.format)?.[1] ?? 8), rgb };
    const { bytes, codes } = raw(c, from, w, h);
    for (const { rung, file, st } of rungs(name, source(name, c, bytes, w, h), h > 500 ? 2 : 1)) {
      expect([st.color_primaries, st.color_transfer, st.color_space, st.color_range, st.chroma_location]).toEqual([...c.becomes, 'tv', 'left']);
      const to: Space = { primaries: c.becomes[0], matrix: c.becomes[2], full: false, depth: 8 };
      const got = measured(file, st.width, st.height);
      const off = codes.map((code, i) => toCode(converted(toRgb(code, from), from.primaries, to.primaries), to).map((v, k) => got[i]![k]! - v));
      expect(Math.max(...off.flat().map(Math.abs)), `${rung} is off by\n${off.map((o) => o.map((v) => v.toFixed(2)).join(' ')).join('\n')}`).toBeLessThanOrEqual(1);
    }
  });

/** Where colour lies: Cb rises from left to right, Cr from top to bottom, 1.5 a pixel. Half a pixel off would be 0.75. */
const at = (v: number) => 32 + 1.5 * v;
const sitings: [string, string, number, number, number, number][] = [
  ['at the left', 'left', 2, 2, 0, 0.5], ['in the middle', 'center', 2, 2, 0.5, 0.5], ['at the top left', 'topleft', 2, 2, 0, 0], ['everywhere, 4:4:4', '', 1, 1, 0, 0], ['in every line, 4:2:2', '', 2, 1, 0, 0]];
for (const [where, siting, sx, sy, ox, oy] of sitings)
  test(`colour that lies ${where} stays where it is`, () => {
    const w = 144, h = 144, cw = w / sx, ch = h / sy, luma = Buffer.alloc(w * h, 126), cb = Buffer.alloc(cw * ch), cr = Buffer.alloc(cw * ch);
    const code = (v: number) => Math.round(Math.min(230, at(v)));
    for (let y = 0; y < ch; y++) for (let x = 0; x < cw; x++) (cb[y * cw + x] = code(sx * x + ox)), (cr[y * cw + x] = code(sy * y + oy));
    const film = join(folder, `siting-${siting}${sx}${sy}.mp4`), one = Buffer.concat([luma, cb, cr]);
    execFileSync('ffmpeg', ['-v', 'error', '-y', '-f', 'rawvideo', '-pix_fmt', sx === 1 ? 'yuv444p' : sy === 1 ? 'yuv422p' : 'yuv420p', '-s', `${w}x${h}`, '-r', '25', '-i', '-', '-c:v', 'libx264', '-qp', '0', '-color_range', 'tv',
      '-color_primaries', 'bt709', '-color_trc', 'bt709', '-colorspace', 'bt709', ...(siting ? ['-chroma_sample_location', siting] : []), film], { input: Buffer.concat([one, one, one]) });
    const { file, st } = rungs(`siting ${where}`, film, 1)[0]!;
    expect(st.chroma_location).toBe('left');
    const out = execFileSync('ffmpeg', ['-v', 'error', '-i', file, '-frames:v', '1', '-f', 'rawvideo', '-pix_fmt', 'yuv420p', '-']);
    let offX = 0, offY = 0, n = 0;
    for (let y = 8; y < 56; y++) for (let x = 8; x < 56; x++, n++) {
      offX += out[w * h + y * 72 + x]! - at(2 * x);
      offY += out[w * h + 72 * 72 + y * 72 + x]! - at(2 * y + 0.5);
    }
    expect(Math.abs(offX / n), 'from left to right').toBeLessThan(0.3);
    expect(Math.abs(offY / n), 'from top to bottom').toBeLessThan(0.3);
  });
