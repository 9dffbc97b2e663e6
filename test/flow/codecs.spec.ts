// HEVC and AV1 beside H.264: what is packaged, clear and under both schemes, is what ffmpeg decodes; who is offered which; HDR kept in them.
import { expect, test } from '@playwright/test';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clip } from '../lib/media.ts';
import { binary, Client, MatineeNode } from '../lib/node.ts';

const key = '0123456789abcdef0123456789abcdef';
const quick = ['--policy', 'preset=ultrafast', '--policy', 'codecs=hevc,av1'];
const folder = mkdtempSync(join(tmpdir(), 'matinee-codecs-'));
test.afterAll(() => rmSync(folder, { recursive: true, force: true }));

const sdr = () =>
  clip('codecs-sdr.mp4', ['-f', 'lavfi', '-i', 'testsrc2=s=192x108:r=25:d=4.4', '-f', 'lavfi', '-i', 'sine=d=4.4:r=48000', '-pix_fmt', 'yuv420p', '-c:v', 'libx264',
    '-preset', 'ultrafast', '-c:a', 'aac']);
/** HDR10 with all that it says of its light. */
const hdr = () =>
  clip('codecs-hdr.mp4', ['-f', 'lavfi', '-i', 'testsrc2=s=256x144:r=25:d=1', '-pix_fmt', 'yuv420p10le', '-c:v', 'libx265', '-preset', 'ultrafast', '-x265-params',
    'log-level=error:colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc:hdr10=1:max-cll=1000,400:master-display=G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,50)']);

function packaged(film: string, ...args: string[]): (track: string) => Buffer {
  const out = mkdtempSync(join(folder, 'out-'));
  execFileSync(binary, ['package', film, '--out', join(out, 'tree'), ...quick, ...args], { stdio: 'pipe' });
  return (track) => {
    const dir = join(out, 'tree', track), n = readdirSync(dir).filter((f) => f.endsWith('.m4s')).length;
    return Buffer.concat(['init.mp4', ...Array.from({ length: n }, (_, i) => `${i}.m4s`)].map((f) => readFileSync(join(dir, f))));
  };
}
/** Through a pipe: ffmpeg 5.1 loses count of subsamples where it seeks among fragments. */
const decoded = (track: Buffer, ...before: string[]) => {
  const r = spawnSync('ffmpeg', ['-v', 'error', '-xerror', ...before, '-i', '-', '-f', 'framemd5', '-'], { input: track, encoding: 'utf8', maxBuffer: 1 << 24 });
  return { errors: r.stderr, frames: r.stdout.split('\n').filter((l) => l && !l.startsWith('#')) };
};
const probed = (track: Buffer, entries: string) => {
  const path = join(mkdtempSync(join(folder, 'probe-')), 'track.mp4');
  writeFileSync(path, track);
  return JSON.parse(execFileSync('ffprobe', ['-v', 'error', '-show_entries', entries, '-of', 'json', path], { encoding: 'utf8' }));
};
const stream = (track: Buffer) => probed(track, 'stream=codec_name,codec_tag_string,profile,pix_fmt,color_primaries,color_transfer,color_space:stream_side_data').streams[0];

test('what is encrypted decrypts to what is clear, in every codec', () => {
  const short = ['--policy', 'max_duration_s=2'], clear = packaged(sdr(), '--clear', ...short), tracks = ['v1', 'v2', 'v3'];
  expect(tracks.map((t) => stream(clear(t))).map((s) => [s.codec_name, s.codec_tag_string, s.pix_fmt])).toEqual([['h264', 'avc1', 'yuv420p'], ['hevc', 'hvc1', 'yuv420p'], ['av1', 'av01', 'yuv420p']]);
  for (const scheme of ['cbcs', 'cenc']) {
    const protect = packaged(sdr(), ...short, '--scheme', scheme, '--key', `00000000000000000000000000000001:${key}`);
    for (const t of tracks) {
      const plain = decoded(clear(t)), opened = decoded(protect(t), '-decryption_key', key);
      expect(plain.frames, `${t}: ${plain.errors}`).toHaveLength(50);
      expect(opened, `${scheme} ${t}`).toEqual(plain);
      const wrong = decoded(protect(t), '-decryption_key', key.replace('0', '1'));
      expect(wrong.frames, `${scheme} ${t} with another key`).not.toEqual(plain.frames);
    }
  }
});

test('HDR10 is kept in HEVC and AV1, with its light, and tone-mapped for H.264', () => {
  const track = packaged(hdr(), '--clear');
  const [h264, ...kept] = ['v1', 'v2', 'v3'].map((t) => stream(track(t)));
  expect([h264.color_transfer, h264.pix_fmt]).toEqual(['bt709', 'yuv420p']);
  for (const s of kept) {
    expect([s.pix_fmt, s.color_primaries, s.color_transfer, s.color_space], s.codec_name).toEqual(['yuv420p10le', 'bt2020', 'smpte2084', 'bt2020nc']);
    const [display, light] = s.side_data_list;
    expect([display.red_x, display.green_y, display.blue_x, display.white_point_y, display.max_luminance, display.min_luminance]).toEqual(['34000/50000', '34500/50000', '7500/50000', '16450/50000', '10000000/10000', '50/10000']);
    expect([light.max_content, light.max_average]).toEqual([1000, 400]);
  }
});

test.describe('imported', () => {
  const node = new MatineeNode();
  test.beforeAll(() => node.start({ args: ['--encode-codecs=hevc,av1'] }));
  test.afterAll(async () => {
    await node.stop();
    node.remove();
  });

  // The first film is encoded in parts, over the queue.
  test('a device is offered what it says it plays, and H.264 always', async () => {
    const made = { sdr: node.import(sdr(), '--title', 'Plain', '--policy', 'preset=ultrafast', '--policy', 'chunk_s=2', '--policy', 'part_s=2'), hdr: node.import(hdr(), '--title', 'Bright', ...quick) };
    const viewer = await new Client(node).signUp('ana');
    const play = async (film: 'sdr' | 'hdr', codecs: string[], more = {}) => {
      const p = await viewer.json('POST', '/api/v1/playback', { title_id: made[film].title_id, device: { kind: 'web', codecs: ['mp4a.40.2', ...codecs], drm: ['org.w3.clearkey'], ...more } });
      const get = async (path: string) => (await fetch(node.url + path)).text();
      const hls = await get(p.hls_url), mpd = await get(p.dash_url);
      return { hls, mpd, families: [...new Set([...hls.matchAll(/STREAM-INF[^\n]*CODECS="(\w+)\./g)].map((m) => m[1]))], sets: mpd.split('<AdaptationSet').filter((s) => s.includes('contentType="video"') && !s.includes('trickmode')) };
    };
    expect((await play('sdr', ['avc1.640028'])).families).toEqual(['avc1']);
    expect((await play('sdr', ['avc1.640028', 'av01.0.08M.08'])).families).toEqual(['avc1', 'av01']);
    const all = await play('sdr', ['avc1.640028', 'av01.0.08M.08', 'hvc1.1.6.L150.90']);
    expect(all.families).toEqual(['avc1', 'hvc1', 'av01']);
    expect(all.sets.map((s) => /codecs="(\w+)/.exec(s)![1])).toEqual(['avc1', 'hvc1', 'av01']);
    expect(all.mpd).not.toContain('adaptation-set-switching');
    expect(all.mpd).toContain('trickmode" value="0"'); // of H.264's pictures alone
    expect(all.mpd).toMatch(/codecs="hvc1\.1\.6\.L\d+\.90"/);

    const codecs = ['avc1.640028', 'av01.0.08M.10', 'hvc1.2.4.L150.90'];
    const dim = await play('hdr', codecs);
    expect(dim.families).toEqual(['avc1']);
    expect(dim.hls).not.toMatch(/VIDEO-RANGE=(PQ|HLG)/);
    const bright = await play('hdr', codecs, { hdr: true });
    expect([...bright.hls.matchAll(/STREAM-INF[^\n]*CODECS="(\w+)[^\n]*VIDEO-RANGE=(\w+)/g)].map((m) => `${m[1]} ${m[2]}`).slice(0, 3)).toEqual(['avc1 SDR', 'hvc1 PQ', 'av01 PQ']);
    for (const set of bright.sets.slice(1)) expect(set).toMatch(/EssentialProperty schemeIdUri="urn:mpeg:mpegB:cicp:TransferCharacteristics" value="16"/);
    expect(bright.sets[0]).not.toContain('cicp:TransferCharacteristics');
    expect(bright.mpd).toMatch(/codecs="av01\.0\.\d\dM\.10\.0\.11\d\.09\.16\.09\.0"/);
  });

  test('a codec that is none is told before anything is done', () => {
    const r = spawnSync(binary, ['package', sdr(), '--out', join(folder, 'none'), '--policy', 'codecs=vp9'], { encoding: 'utf8' });
    expect(r.status).not.toBe(0);
    expect(r.stderr).toMatch(/codecs=hevc,av1/);
  });
});
