// What a hurried person does wrong gets a sentence that names the file and the remedy, and leaves nothing behind.
import { expect, test } from '@playwright/test';
import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync, copyFileSync, existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clips } from '../lib/media.ts';
import { binary } from '../lib/node.ts';

const folder = mkdtempSync(join(tmpdir(), 'matinee-bad-'));
const data = join(folder, 'data');
test.afterAll(() => rmSync(folder, { recursive: true, force: true }));

function matinee(...args: string[]) {
  const r = spawnSync(binary, [args[0]!, '--data', data, ...args.slice(1)], { encoding: 'utf8', timeout: 120_000 });
  return { status: r.status, said: r.stderr + r.stdout };
}

function write(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

/** An MP4 that declares a media data box of ten gigabytes and holds none of it. */
function declaresTenGigabytes(): Uint8Array {
  const ftyp = Buffer.from('\0\0\0\x1cftypisom\0\0\x02\0isomiso2mp41', 'latin1');
  const mdat = Buffer.alloc(16);
  mdat.writeUInt32BE(1, 0);
  mdat.write('mdat', 4, 'latin1');
  mdat.writeBigUInt64BE(10n * 1024n ** 3n, 8);
  return Buffer.concat([ftyp, mdat, Buffer.alloc(64)]);
}

const cases: [string, () => string[], RegExp][] = [
  ['a file that is not there', () => [join(folder, 'no-such-film.mp4')], /no-such-film\.mp4.*[Nn]o such file/s],
  ['a file of zero bytes', () => [write('zero.mp4', '')], /zero\.mp4.*empty/is],
  ['a text file', () => [write('letter.mp4', 'Dear editor, '.repeat(400))], /letter\.mp4/],
  ['a film that was cut off', () => {
    const path = join(folder, 'cut.mp4');
    copyFileSync(clips.short(), path);
    truncateSync(path, 20_000);
    return [path];
  }, /cut\.mp4/],
  ['ten gigabytes declared in a header', () => [write('liar.mp4', declaresTenGigabytes())], /liar\.mp4/],
  ['a language that is none', () => [clips.short(), '--audio', 'klingonish-!!:x.mp3'], /klingonish-!!/],
  ['a subtitle that is not there', () => [clips.short(), '--subtitle', `en:${join(folder, 'none.srt')}`], /none\.srt/],
  ['a subtitle that is a picture', () => [clips.short(), '--subtitle', `en:${write('pic.srt', new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0, 1, 2, 3, 0xff, 0xfe, 0]))}`], /pic\.srt/],
  ['a policy that is none', () => [clips.short(), '--policy', 'max_hight=720'], /knows preset.*max_height/s],
  ['a policy that is no number', () => [clips.short(), '--policy', 'max_height=tall'], /max_height=1080/],
  ['a soundtrack without sound', () => [clips.short(), '--audio', `en:${write('words.srt', '1\n00:00:00,000 --> 00:00:02,000\nx\n')}`], /words\.srt.*no sound/],
  ['a picture of sixty thousand by sixty thousand', () => [write('huge.mkv', `YUV4MPEG2 W60000 H60000 F25:1 Ip A1:1 C420jpeg\nFRAME\n${'\x80'.repeat(50_000)}`)], /huge\.mkv/],
  ['an empty folder', () => {
    mkdirSync(join(folder, 'empty'), { recursive: true });
    return [join(folder, 'empty')];
  }, /empty/],
  ['an option that is none', () => [clips.short(), '--titel', 'x'], /--titel.*--title/s],
];

for (const [name, args, words] of cases)
  test(`import refuses ${name}`, () => {
    const before = existsSync(join(data, 'work')) ? readdirSync(join(data, 'work')) : [];
    const r = matinee('import', ...args());
    expect(r.status, r.said).toBeGreaterThan(0);
    expect(r.said).toMatch(words);
    expect(r.said).not.toMatch(/Segmentation|runtime error|AddressSanitizer|assert/i);
    const after = existsSync(join(data, 'work')) ? readdirSync(join(data, 'work')) : [];
    expect(after, 'nothing half-made is left').toEqual(before);
  });

test('a file that may not be read', () => {
  const path = write('secret.mp4', 'x');
  chmodSync(path, 0);
  // Root may read everything: then somebody who may not is asked to try.
  const nobody = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
  chmodSync(folder, 0o755);
  const own = join(folder, 'own');
  mkdirSync(own);
  if (nobody.uid) chownSync(own, nobody.uid, nobody.gid);
  const r = spawnSync(binary, ['import', '--data', join(own, 'data'), path], { encoding: 'utf8', timeout: 120_000, ...nobody });
  test.skip((r.error as NodeJS.ErrnoException | undefined)?.code === 'EACCES', 'nobody else may run the program from here');
  expect(r.status, r.stderr).toBe(1);
  expect(r.stderr).toMatch(/secret\.mp4.*may not read.*chmod/s);
});

test('names with paths and tricks stay names', () => {
  const path = join(folder, '..%2f$(touch x) & "quotes".mp4');
  copyFileSync(clips.short(), path);
  const r = matinee('import', path, '--policy', 'preset=ultrafast', '--policy', 'max_duration_s=2', '--title', '../../etc/passwd <script>');
  expect(r.status, r.said).toBe(0);
  expect(existsSync(join(folder, 'x'))).toBe(false);
  expect(readdirSync(folder)).not.toContain('etc');
});

test('probe says what is wrong, and exits with 1', () => {
  const r = matinee('probe', write('zero2.mp4', ''));
  expect(r.status).toBe(1);
  expect(r.said).toMatch(/zero2\.mp4/);
});

test('machines get one JSON document a line, refusals included', () => {
  const lines = (...args: string[]) => {
    const r = spawnSync(binary, args, { encoding: 'utf8', timeout: 120_000 });
    expect(r.status).toBeGreaterThan(0);
    return r.stdout.trim().split('\n').map((l) => JSON.parse(l));
  };
  const letter = write('letter.mp4', 'Dear editor, '.repeat(400));
  const absent = join(folder, 'no-such-film.mp4');
  const several = lines('import', '--data', data, '--json', absent, letter, write('none.mp4', ''));
  const ends = several.filter((l) => ['refused', 'failed', 'done'].includes(l.state));
  expect(ends.map((l) => l.state).sort()).toEqual(['failed', 'refused', 'refused']);
  for (const l of ends) expect(l.error.detail.length).toBeGreaterThan(10);
  const [wish] = lines('import', '--data', data, '--json', letter, '--subtitle', 'zz:words.srt');
  expect(wish).toMatchObject({ state: 'refused', file: null, error: { code: 'import.language_unknown' } });
  expect(lines('probe', '--json', letter)).toMatchObject([{ state: 'refused', file: letter, error: { code: 'media.not_a_film' } }]);
});
