// Films as people have them: other codecs, clocks, colours, shapes and names than the usual. Each is packaged and
// then read with ffmpeg and ffprobe: lengths and key frames equal in all rungs, no error line, picture and sound
// together, the shape and the colours of the source. What is no film is refused with a sentence.
import { expect, test } from '@playwright/test';
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { clip } from '../lib/media.ts';
import { binary } from '../lib/node.ts';

const folder = mkdtempSync(join(tmpdir(), 'matinee-odd-'));
test.afterAll(() => rmSync(folder, { recursive: true, force: true }));

const picture = (size = '320x180', rate: string | number = 25, s = 2) => ['-f', 'lavfi', '-i', `testsrc2=s=${size}:r=${rate}:d=${s}`];
const tone = (s = 2) => ['-f', 'lavfi', '-i', `sine=440:r=48000:d=${s}`];
const h264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-c:a', 'aac'];
/** Black with a white flash and a beep, both from 1.0 s to 1.2 s. */
const flash = [
  '-f', 'lavfi', '-i', "color=black:s=320x180:r=25:d=2,drawbox=c=white:t=fill:enable='between(t,1,1.19)'",
  '-f', 'lavfi', '-i', "aevalsrc='if(between(t,1,1.2),sin(2*PI*1000*t),0)':s=48000:d=2",
];
const red = [192, 32, 32], blue = [32, 128, 224];
function patches(matrix: string, full: boolean, tags: [string, string, string]): string[] {
  return ['-f', 'lavfi', '-i', `color=c=0xC02020:s=160x180:d=1,format=gbrp[a];color=c=0x2080E0:s=160x180:d=1,format=gbrp[b];[a][b]hstack,` +
    `scale=out_color_matrix=${matrix}:out_range=${full ? 'pc' : 'tv'},format=yuv${full ? 'j' : ''}420p`, ...h264, '-qp', '4',
    '-color_primaries', tags[0], '-color_trc', tags[1], '-colorspace', tags[2]];
}

/** Several files end to end, as `cat` joins them. */
function joined(name: string, parts: string[]): string {
  const path = join(folder, name);
  writeFileSync(path, Buffer.concat(parts.map((p) => readFileSync(p))));
  return path;
}
const base = () => clip('odd-base.mp4', [...picture(), ...tone(), ...h264]);
const flashed = () => clip('odd-flash.mp4', [...flash, ...h264]);
const flashedTs = (start: number) => clip(`odd-flash-${start}.ts`, ['-i', flashed(), '-c', 'copy', '-output_ts_offset', `${start}`]);
const named = (name: string) => {
  const path = join(folder, name);
  copyFileSync(base(), path);
  return path;
};

type Film = { make: () => string; seconds?: number; rate?: string; size?: string; note?: RegExp; flashes?: number[]; soundLater?: number; colours?: [number[], number[]] };
const films: Record<string, Film> = {
  'HDR10 with several messages in each picture': {
    make: () => clip('odd-hdr10.mp4', [...picture(), ...tone(), '-pix_fmt', 'yuv420p10le', '-c:v', 'libx265', '-preset', 'ultrafast', '-x265-params',
      'log-level=error:colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc:master-display=G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,1):max-cll=1000,400',
      '-tag:v', 'hvc1', '-c:a', 'aac']) },
  'ten bits, 4:4:4': { make: () => clip('odd-444.mkv', [...picture(), ...tone(), '-pix_fmt', 'yuv444p10le', '-c:v', 'libx264', '-preset', 'ultrafast', '-c:a', 'flac']) },
  'RGB without loss, an odd size': { make: () => clip('odd-rgb.mkv', [...picture('353x287'), ...tone(), '-pix_fmt', 'gbrp', '-c:v', 'ffv1', '-c:a', 'pcm_s24le']), size: '352x286' },
  'MPEG-4 with packed pictures in AVI': { make: () => clip('odd-asp.avi', [...picture(), ...tone(), '-c:v', 'mpeg4', '-bf', '2', '-vtag', 'XVID', '-c:a', 'libmp3lame']), rate: '25/1' },
  'a programme stream with pictures that have no time': { make: () => clip('odd.vob', [...picture(), ...tone(), '-c:v', 'mpeg2video', '-c:a', 'ac3', '-f', 'vob']), rate: '25/1' },
  'one picture a second': { make: () => clip('odd-1fps.mp4', [...picture('320x180', 1, 3), ...h264]), seconds: 3, rate: '30/1', note: /few pictures a second/ },
  '120 pictures a second': { make: () => clip('odd-120fps.mp4', [...picture('320x180', 120), ...h264]), rate: '60/1' },
  'a single picture of film': { make: () => clip('odd-one.mp4', [...picture('320x180', 25, 0.04), ...h264]), seconds: 0.04 },
  'a telephone held upright': { make: () => clip('odd-turned.mp4', ['-i', base(), '-c', 'copy', '-metadata:s:v:0', 'rotate=90']), size: '180x320' },
  'pixels that are not square, two fields a picture': {
    make: () => clip('odd-pal.mpg', [...picture('720x576', 50), ...tone(), '-vf', 'tinterlace=interleave_top,setfield=tff,setsar=16/11', '-flags', '+ilme+ildct', '-c:v', 'mpeg2video', '-c:a', 'mp2']),
    size: '1024x576' },
  'sound that begins a second late': { make: () => clip('odd-late.mp4', ['-i', flashed(), '-itsoffset', '1', '-i', flashed(), '-map', '0:v', '-map', '1:a', '-c', 'copy']), flashes: [1], soundLater: 1 },
  'a clock that begins late, in Matroska': { make: () => clip('odd-start.mkv', ['-i', flashed(), '-c', 'copy', '-output_ts_offset', '100']), flashes: [1] },
  'a transport stream whose counter overflows': { make: () => flashedTs(95442.7), flashes: [1] },
  'recordings joined, the second an hour ahead': { make: () => joined('ahead.ts', [flashedTs(0), flashedTs(5000)]), seconds: 4, flashes: [1, 3], note: /clock jumps 1 time;/ },
  'recordings joined, the second behind': { make: () => joined('behind.ts', [flashedTs(5000), flashedTs(0)]), seconds: 4, flashes: [1, 3], note: /clock jumps/ },
  'a recording joined to itself': { make: () => joined('again.ts', [flashedTs(0), flashedTs(0), flashedTs(0)]), seconds: 6, flashes: [1, 3, 5], note: /clock jumps 2 times/ },
  'a picture that changes its size': {
    make: () => joined('resized.ts', [base(), clip('odd-large.ts', [...picture('640x360'), ...tone(), ...h264, '-output_ts_offset', '2'])].map((f, i) =>
      i ? f : clip('odd-base.ts', ['-i', f, '-c', 'copy']))), seconds: 4 },
  'colours of BT.601': { make: () => clip('odd-601.mp4', patches('bt601', false, ['smpte170m', 'smpte170m', 'smpte170m'])), seconds: 1, colours: [red, blue] },
  'colours of BT.709, full range': { make: () => clip('odd-709.mp4', patches('bt709', true, ['bt709', 'bt709', 'bt709'])), seconds: 1, colours: [red, blue] },
  // As zimg makes them of these, cut off at what BT.709 holds.
  'colours of BT.2020': { make: () => clip('odd-2020.mp4', patches('bt2020', false, ['bt2020', 'bt2020-10', 'bt2020nc'])), seconds: 1, colours: [[237, 0, 0], [0, 131, 230]] },
  'a name in Latin-1, with a line break and a per cent sign': { make: () => named('caf\u00e9 100%s\nnew.mp4') },
  'a name like an option': { make: () => named('-clear.mp4') },
};

const ffprobe = (...args: string[]) => JSON.parse(execFileSync('ffprobe', ['-v', 'error', '-of', 'json', ...args], { encoding: 'utf8' }));

/** Initialisation and segments of a track as one file. */
function track(tree: string, name: string): string {
  const path = join(tree, `${name}.mp4`);
  const n = readdirSync(join(tree, name)).filter((f) => f.endsWith('.m4s')).length;
  writeFileSync(path, Buffer.concat(['init.mp4', ...Array.from({ length: n }, (_, i) => `${i}.m4s`)].map((f) => readFileSync(join(tree, name, f)))));
  return path;
}

function timesOf(path: string) {
  const j = ffprobe('-show_streams', '-show_packets', '-show_entries', 'packet=pts_time,duration_time,flags:stream=width,height,avg_frame_rate,color_space', path);
  const packets: { pts: number; end: number; key: boolean }[] = j.packets
    .filter((p: any) => !p.flags.includes('D'))
    .map((p: any) => ({ pts: +p.pts_time, end: +p.pts_time + +(p.duration_time ?? 0), key: p.flags.includes('K') }));
  return { stream: j.streams[0], frames: packets.length, start: Math.min(...packets.map((p) => p.pts)), end: Math.max(...packets.map((p) => p.end)), keys: packets.filter((p) => p.key).map((p) => p.pts) };
}

function said(...args: string[]): number[] {
  const out = spawnSync('ffmpeg', ['-v', 'info', '-nostdin', ...args, '-f', 'null', '-'], { encoding: 'utf8' }).stderr;
  return [...out.matchAll(/(?:black_end:|silence_end: )([\d.]+)/g)].map((m) => +m[1]!);
}

function package_(film: string) {
  const tree = mkdtempSync(join(folder, 'tree-'));
  const run = spawnSync(binary, ['package', `./${basename(film)}`, '--out', tree, '--clear', '--policy', 'preset=ultrafast'], { encoding: 'utf8', cwd: join(film, '..'), timeout: 120_000 });
  expect(readdirSync(folder).filter((f) => f.endsWith('.work')), 'no work is left behind').toEqual([]);
  return { tree, run };
}

for (const [name, film] of Object.entries(films))
  test(`${name} is packaged as it is`, () => {
    const { tree, run } = package_(film.make());
    expect(run.status, run.stderr).toBe(0);
    const seconds = film.seconds ?? 2;
    const names = readdirSync(tree).filter((n) => /^[va]\d+$/.test(n)).sort();
    const rungs = names.filter((n) => n.startsWith('v')).map((n) => timesOf(track(tree, n)));
    for (const r of rungs) {
      const [num, den] = r.stream.avg_frame_rate.split('/').map(Number), frame = den / num;
      expect(r.start).toBeCloseTo(0, 3);
      expect(Math.abs(r.end - seconds), `${r.end} s`).toBeLessThan(1.5 * frame);
      expect(Math.abs(r.frames * frame - r.end)).toBeLessThan(frame);
      expect(r.keys).toEqual(rungs[0]!.keys);
    }
    for (const a of names.filter((n) => n.startsWith('a'))) expect(Math.abs(timesOf(track(tree, a)).end - rungs[0]!.end)).toBeLessThan(0.05);
    for (const list of ['main.m3u8', 'main.mpd']) {
      const read = spawnSync('ffmpeg', ['-v', 'error', '-nostdin', '-i', join(tree, list), '-map', '0:v', '-map', '0:a?', '-f', 'null', '-'], { encoding: 'utf8' });
      expect(read.stderr).toBe('');
    }
    const top = rungs.at(-1)!.stream;
    if (film.rate) expect(top.avg_frame_rate).toBe(film.rate);
    if (film.size) expect(`${top.width}x${top.height}`).toBe(film.size);
    if (film.note) expect(run.stderr).toMatch(film.note);
    else expect(run.stderr).not.toMatch(/note:/);
    if (film.flashes) {
      const seen = said('-i', join(tree, 'v1.mp4'), '-vf', 'blackdetect=d=0.1:pix_th=0.5').filter((t) => t < seconds - 0.2);
      const heard = said('-i', join(tree, 'a1.mp4'), '-af', 'silencedetect=n=-30dB:d=0.3').filter((t) => t < seconds - 0.2);
      film.flashes.forEach((t, i) => expect(seen[i]).toBeCloseTo(t, 1));
      if (!film.soundLater) film.flashes.forEach((t, i) => expect(Math.abs(heard[i]! - t)).toBeLessThan(0.06));
      else expect(heard.every((t) => t > 1.5)).toBe(true);
    }
    if (film.colours) {
      const matrix = top.color_space === 'bt709' ? 'bt709' : 'bt601';
      const pixels = execFileSync('ffmpeg', ['-v', 'error', '-i', join(tree, `${names.findLast((n) => n.startsWith('v'))}.mp4`), '-frames:v', '1', '-vf', `scale=in_color_matrix=${matrix}:in_range=tv,format=rgb24`, '-f', 'rawvideo', '-']);
      const at = (x: number) => [...pixels.subarray((90 * 320 + x) * 3, (90 * 320 + x) * 3 + 3)];
      for (const [x, want] of [[80, film.colours[0]], [240, film.colours[1]]] as const) at(x).forEach((v, i) => expect(Math.abs(v - want[i]!), `${at(x)}`).toBeLessThan(6));
    }
  });

const noFilms: [string, () => string, RegExp][] = [
  ['a photograph', () => clip('odd-photo.png', [...picture(), '-frames:v', '1']), /single picture, not a film/],
  ['a picture of two by two', () => clip('odd-tiny.mkv', ['-f', 'lavfi', '-i', 'color=red:s=2x2:d=1', '-c:v', 'ffv1']), /smaller than 16 by 16/],
  ['a picture of a song', () => clip('odd-song.mp3', [...tone(), ...picture(), '-map', '0', '-map', '1', '-frames:v', '1', '-c:v', 'mjpeg', '-pix_fmt', 'yuvj420p', '-disposition:v', 'attached_pic']), /sound and no picture/],
];
for (const [name, make, words] of noFilms)
  test(`${name} is refused`, () => {
    const { tree, run } = package_(make());
    expect(run.status).toBe(1);
    expect(run.stderr).toMatch(words);
    expect(existsSync(join(tree, 'main.mpd'))).toBe(false);
  });
