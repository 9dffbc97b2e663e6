// Pictures as films have them: pulldown by flags and in the pictures themselves, either field first, turned and mirrored, of every usual rate, of 8K.
// What was packaged is compared with the film before it was made so.
import { expect, test } from '@playwright/test';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clip } from '../lib/media.ts';
import { binary } from '../lib/node.ts';

const folder = mkdtempSync(join(tmpdir(), 'matinee-picture-'));
test.afterAll(() => rmSync(folder, { recursive: true, force: true }));

const ffmpeg = (...args: string[]) => spawnSync('ffmpeg', ['-hide_banner', '-nostdin', ...args], { encoding: 'utf8' }).stderr;

/** The highest rung as one file, and what ffprobe says of it. */
function packaged(film: string, ...policy: string[]) {
  const tree = mkdtempSync(join(folder, 'tree-'));
  const run = spawnSync(binary, ['package', film, '--out', tree, '--clear', ...['preset=ultrafast', 'max_rungs=1', 'crf=16', ...policy].flatMap((p) => ['--policy', p])], { encoding: 'utf8', timeout: 120_000 });
  expect(run.status, run.stderr).toBe(0);
  const n = readdirSync(join(tree, 'v1')).filter((f) => f.endsWith('.m4s')).length, file = join(tree, 'v1.mp4');
  writeFileSync(file, Buffer.concat(['init.mp4', ...Array.from({ length: n }, (_, i) => `${i}.m4s`)].map((f) => readFileSync(join(tree, 'v1', f)))));
  const st = JSON.parse(execFileSync('ffprobe', ['-v', 'error', '-count_packets', '-show_streams', '-of', 'json', file], { encoding: 'utf8' })).streams[0];
  return { file, size: `${st.width}x${st.height}`, rate: st.avg_frame_rate as string, frames: +st.nb_read_packets, notes: run.stderr };
}

/** SSIM of each picture against the film that it was made of. */
function likeness(made: string, film: string[]): number[] {
  const log = join(folder, 'ssim.txt');
  ffmpeg('-i', made, ...film, '-lavfi', `[0]settb=1/90000,setpts=N*3600[a];[1]settb=1/90000,setpts=N*3600[b];[a][b]ssim=stats_file=${log}`, '-f', 'null', '-');
  return readFileSync(log, 'utf8').trim().split('\n').map((l) => +/All:([\d.]+)/.exec(l)![1]!);
}

const film = ['-f', 'lavfi', '-i', 'testsrc2=s=320x240:r=24000/1001:d=6'], FILM_FRAMES = 144;

/** MPEG-2 coded as film, its flags then set as an encoder for broadcast sets them: every second picture lasts three fields, of 29.97 frames a second. */
function softTelecine(): string {
  const es = readFileSync(clip('picture-film.m2v', [...film, '-c:v', 'mpeg2video', '-q:v', '3', '-bf', '0', '-f', 'mpeg2video']));
  let picture = 0;
  for (let i = es.indexOf(Buffer.from([0, 0, 1])); i >= 0; i = es.indexOf(Buffer.from([0, 0, 1]), i + 3)) {
    if (es[i + 3] === 0xb3) es[i + 7] = (es[i + 7]! & 0xf0) | 4; // sequence header: 30000/1001
    if (es[i + 3] === 0xb5 && es[i + 4]! >> 4 === 1) es[i + 5]! &= ~0x08; // sequence extension: not progressive
    if (es[i + 3] === 0xb5 && es[i + 4]! >> 4 === 8) {
      // picture coding extension: top_field_first and repeat_first_field by place in the cycle
      const [top, repeat] = [[1, 0], [1, 1], [0, 0], [0, 1]][picture++ % 4]!;
      es[i + 7] = (es[i + 7]! & 0x7d) | (top! << 7) | (repeat! << 1);
    }
  }
  const path = join(folder, 'soft.m2v'), mpg = join(folder, 'soft.mpg');
  writeFileSync(path, es);
  ffmpeg('-y', '-fflags', '+genpts', '-i', path, '-c', 'copy', mpg);
  return mpg;
}

const telecined = (first: string, codec: string[]) => clip(`picture-tele-${first}.ts`, [...film, '-vf', `telecine=first_field=${first}:pattern=23,setfield=${first === 'top' ? 'tff' : 'bff'}`, ...codec, '-flags', '+ilme+ildct']);
for (const [name, make] of [
  ['in the pictures, top field first', () => telecined('top', ['-c:v', 'mpeg2video', '-q:v', '2'])],
  ['in the pictures, bottom field first', () => telecined('bottom', ['-c:v', 'libx264', '-preset', 'ultrafast', '-crf', '8', '-x264-params', 'bff=1'])],
  ['by flags', softTelecine],
] as const)
  test(`pulldown ${name} gives the film's own pictures back`, () => {
    const made = packaged(make());
    expect([made.rate, made.frames, made.size]).toEqual(['24000/1001', FILM_FRAMES, '320x240']);
    const alike = likeness(made.file, film);
    expect(alike.length).toBe(FILM_FRAMES);
    expect(Math.min(...alike)).toBeGreaterThan(0.9);
  });

/** How many pictures idet takes for one moment, and for two. */
function fields(file: string) {
  const m = /Multi frame detection: TFF:\s*(\d+) BFF:\s*(\d+) Progressive:\s*(\d+)/.exec(ffmpeg('-i', file, '-vf', 'idet', '-f', 'null', '-'))!;
  return { two: +m[1]! + +m[2]!, one: +m[3]! };
}
for (const [first, flag] of [['top', 'tff'], ['bottom', 'bff']])
  test(`video of two fields, ${first} first, becomes whole pictures`, () => {
    const source = clip(`picture-${flag}.mpg`, ['-f', 'lavfi', '-i', 'testsrc2=s=320x240:r=50:d=2', '-vf', `tinterlace=interleave_${first},setfield=${flag}`, '-c:v', 'mpeg2video', '-q:v', '2', '-flags', '+ilme+ildct']);
    expect(fields(source).two).toBeGreaterThan(40);
    const made = packaged(source);
    expect([made.rate, made.frames]).toEqual(['25/1', 50]);
    expect(fields(made.file).two).toBeLessThan(8);
    // Each is of the moment of its first field: every second picture of the fifty a second, and none of another moment.
    expect(Math.min(...likeness(made.file, ['-f', 'lavfi', '-i', 'testsrc2=s=320x240:r=50:d=2,select=not(mod(n\\,2))']))).toBeGreaterThan(0.85);
  });

/** tkhd's matrix (ISO/IEC 14496-12 clause 8.3.2), a b c d, and where upper left of the picture is then seen: x, y in the shown picture. */
const turns: [string, [number, number, number, number], [number, number]][] = [
  ['a quarter clockwise', [0, 1, -1, 0], [1, 0]], ['mirrored left to right', [-1, 0, 0, 1], [1, 0]], ['mirrored top to bottom', [1, 0, 0, -1], [0, 1]], ['mirrored and turned', [0, 1, 1, 0], [0, 0]],
  ['mirrored and turned the other way', [0, -1, -1, 0], [1, 1]]];
for (const [name, [a, b, c, d], [x, y]] of turns)
  test(`a picture that is to be shown ${name}`, () => {
    // White at the upper left, grey at the upper right: enough to tell all eight apart. (The other turns: test_encode.c.)
    const flat = readFileSync(clip('picture-corner.mp4', ['-f', 'lavfi', '-i', 'color=black:s=192x128:r=25:d=0.2,drawbox=w=64:h=48:c=white:t=fill,drawbox=x=128:w=64:h=48:c=gray:t=fill', '-c:v', 'libx264', '-qp', '4']));
    const at = flat.indexOf('tkhd') + 4 + 40;
    [a, b, 0, c, d, 0].forEach((v, i) => flat.writeInt32BE(v * 65536, at + i * 4));
    const path = join(folder, 'turned.mp4');
    writeFileSync(path, flat);
    const made = packaged(path), turned = a === 0, [w, h] = turned ? [128, 192] : [192, 128];
    expect(made.size).toBe(`${w}x${h}`);
    const grey = execFileSync('ffmpeg', ['-v', 'error', '-i', made.file, '-frames:v', '1', '-f', 'rawvideo', '-pix_fmt', 'gray', '-']);
    const seen = (u: number, v: number) => grey[Math.round(v ? h! - 12 : 12) * w! + Math.round(u ? w! - 12 : 12)]!;
    // Where the upper right comes to lie: the first column of the matrix says which way "right" points.
    const right: [number, number] = turned ? [x, 1 - y] : [1 - x, y];
    expect(seen(x, y), 'white').toBeGreaterThan(220);
    expect(Math.abs(seen(...right) - 126), 'grey').toBeLessThan(12);
  });

const rates: [string, string, number, number, string?][] = [
  ['100', '50/1', 50, 25], ['120000/1001', '60000/1001', 60, 30], ['120', '60/1', 61, 31], ['120', '120/1', 60, 60, 'max_fps=120'], ['120000/1001', '120000/1001', 60, 60, 'max_fps=120']];
for (const [rate, becomes, sources, frames, policy] of rates)
  test(`${sources} pictures of ${rate} a second become ${frames} of ${becomes}`, () => {
    const made = packaged(clip(`picture-rate-${rate.replace('/', '-')}-${sources}.mp4`, ['-f', 'lavfi', '-i', `testsrc2=s=160x90:r=${rate}`, '-frames:v', `${sources}`, '-r', rate, '-video_track_timescale', '120000', '-c:v', 'libx264', '-preset', 'ultrafast']), ...(policy ? [policy] : []));
    expect(made.rate).toBe(becomes);
    expect(made.frames).toBe(frames);
  });

test('8K comes out as what the policy allows', () => {
  const made = packaged(clip('picture-8k-2.mp4', ['-f', 'lavfi', '-i', 'testsrc2=s=7680x4320:r=25:d=0.08', '-c:v', 'libx264', '-preset', 'ultrafast', '-crf', '30']), 'max_height=720');
  expect([made.size, made.rate, made.frames]).toEqual(['1280x720', '25/1', 2]);
  expect(Math.min(...likeness(made.file, ['-f', 'lavfi', '-i', 'testsrc2=s=7680x4320:r=25:d=0.08,scale=1280:720']))).toBeGreaterThan(0.9);
});
