// The program as a newcomer meets it: what each wrong use says, exit codes, JSON, Ctrl-C, two at once, and data
// directories that are not what they should be.
import { expect, test } from '@playwright/test';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { clip, clips } from '../lib/media.ts';
import { binary, Client, MatineeNode } from '../lib/node.ts';

const folder = mkdtempSync(join(tmpdir(), 'matinee-cli-'));
const isRoot = process.getuid?.() === 0;
test.afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(...args: string[]) {
  const r = spawnSync(binary, args, { encoding: 'utf8', timeout: 120_000 });
  return { status: r.status, out: r.stdout, said: r.stderr };
}
const device = { kind: 'web', name: 'Flow', codecs: ['avc1.640028', 'mp4a.40.2'], drm: ['org.w3.clearkey'] };
const fast = ['--policy', 'preset=ultrafast', '--policy', 'chunk_s=2'];
const longer = () =>
  clip('cli.mp4', [
    '-f', 'lavfi', '-i', 'testsrc2=size=1280x720:rate=25:duration=20',
    '-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p',
  ]);

const uses: [string[], number, RegExp][] = [
  [[], 0, /usage: matinee COMMAND.*exit code: 0/s],
  [['--help'], 0, /usage: matinee COMMAND/],
  [['--version'], 0, /^matinee \d/],
  [['help', 'import'], 0, /--subtitle LANG:FILE/],
  [['import', '--help'], 0, /--subtitle LANG:FILE/],
  [['help', 'serve'], 0, /--http-port=8080/],
  [['imprt'], 2, /did you mean "import"/],
  [['--data', 'x', 'serve'], 2, /the command comes first/],
  [['import'], 2, /FILE\|DIR\.\.\. is missing.*usage: matinee import/s],
  [['package'], 2, /FILE --out DIR is missing/],
  [['probe'], 2, /FILE\.\.\. is missing/],
  [['user'], 2, /E-MAIL is missing/],
  [['keys'], 2, /rotate\|export TITLE is missing/],
  [['serve', 'now'], 2, /"now" is too much.*usage: matinee serve \(see/s],
  [['gc', '--drily'], 2, /--drily/],
  [['import', 'x', '--data'], 2, /--data/],
  [['probe', '/nonexistent.mp4'], 1, /nonexistent\.mp4.*[Nn]o such file/s],
  [['imports', '--data', join(folder, 'none')], 1, /no Matinee data in this folder.*matinee serve/s],
];
for (const [args, status, words] of uses)
  test(`matinee ${args.join(' ').replace(folder, '...')}: exit code ${status}`, () => {
    const r = run(...args);
    expect(r.out + r.said).toMatch(words);
    expect(r.status).toBe(status);
    expect(status === 0 ? r.said : r.out, 'errors go to standard error, answers to standard output').toBe('');
  });

test("a folder of somebody else's is not filled with ours", () => {
  const home = join(folder, 'home');
  mkdirSync(home);
  writeFileSync(join(home, 'letter.txt'), 'Dear');
  for (const command of [['import', clips.short()], ['serve'], ['demo']]) {
    const r = run(...command, '--data', home);
    expect(r.status).toBe(1);
    expect(r.said).toMatch(/home is no data directory.*letter\.txt.*new or an empty folder/s);
  }
  expect(readdirSync(home)).toEqual(['letter.txt']);
});

test('a disk that may only be read is named', () => {
  test.skip(!isRoot, 'only root may mount');
  const at = join(folder, 'ro');
  mkdirSync(at);
  test.skip(spawnSync('mount', ['-t', 'tmpfs', '-o', 'ro,size=1m', 'tmpfs', at]).status !== 0, 'no tmpfs may be mounted here');
  try {
    const r = run('import', clips.short(), '--data', join(at, 'data'));
    expect(r.status).toBe(1);
    expect(r.said).toMatch(/\/ro\/data.*[Rr]ead-only/s);
  } finally {
    spawnSync('umount', [at]);
  }
});

test('media on another disk than the database', () => {
  test.skip(!isRoot, 'only root may mount');
  const data = join(folder, 'two-disks');
  mkdirSync(join(data, 'media'), { recursive: true });
  test.skip(spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=200m', 'tmpfs', join(data, 'media')]).status !== 0, 'no tmpfs may be mounted here');
  try {
    const r = run('import', clips.short(), '--data', data, ...fast);
    expect(r.said).not.toMatch(/not imported/);
    expect(r.status).toBe(0);
    expect(readdirSync(join(data, 'media/asset'))).toHaveLength(1);
  } finally {
    spawnSync('umount', [join(data, 'media')]);
  }
});

test('answers for machines', () => {
  const data = join(folder, 'json');
  const made = run('import', clips.short(), '--json', '--data', data, ...fast);
  expect(made.status).toBe(0);
  const lines = made.out.trim().split('\n').map((l) => JSON.parse(l));
  expect(lines.at(-1)).toMatchObject({ state: 'done', url: expect.stringMatching(/^http:\/\/localhost:8080\/title\//) });
  expect(made.said).toBe('');
  const list = run('imports', '--json', '--data', data).out.trim().split('\n').map((l) => JSON.parse(l));
  expect(list.map((i) => [i.id, i.state])).toEqual([[lines.at(-1).id, 'done']]);
  expect(JSON.parse(run('gc', '--json', '--dry-run', '--data', data).out)).toEqual([]);
  expect(JSON.parse(run('config', '--json', '--data', data).out).data).toEqual({ value: data, origin: 'flag' });
  expect(JSON.parse(run('probe', '--json', clips.short()).out)).toBeTruthy();
  const cancelled = run('imports', 'cancel', list[0].id, '--data', data);
  expect(cancelled.status).toBe(1);
  expect(cancelled.said).toMatch(/has ended.*under way/s);
});

test('what waits is private, and goes when it is cancelled', async () => {
  const data = join(folder, 'cancel');
  const importing = spawn(binary, ['import', longer(), '--json', '--data', data, ...fast], { stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  let status: number | null = null;
  importing.stdout.on('data', (d) => (out += d));
  const exited = new Promise<void>((done) => importing.once('exit', (code) => ((status = code), done())));
  for (const end = Date.now() + 30_000; !out.includes('"encode"') && Date.now() < end; ) await pause(20);
  const work = join(data, 'work');
  const id = readdirSync(work)[0]!;
  expect(statSync(work).mode & 0o777).toBe(0o700);
  expect(statSync(join(work, id)).mode & 0o777).toBe(0o700);
  for (const name of readdirSync(join(work, id))) expect([name, statSync(join(work, id, name)).mode & 0o777]).toEqual([name, 0o600]);
  const r = run('imports', 'cancel', id, '--data', data);
  expect(r.said + r.out).toMatch(/cli\.mp4: cancelled/);
  await exited;
  expect(status).toBe(1);
  run('gc', '--data', data);
  expect(readdirSync(work)).toEqual([]);
  expect(existsSync(join(data, 'media/source')) ? readdirSync(join(data, 'media/source')) : []).toEqual([]);
});

test('Ctrl-C keeps what is finished, and the same command goes on', async () => {
  const data = join(folder, 'interrupt');
  const args = ['import', longer(), '--data', data, ...fast];
  const importing = spawn(binary, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  importing.stderr.on('data', (d) => (said += d));
  const exited = new Promise<number | null>((done) => importing.once('exit', (code) => done(code)));
  for (const end = Date.now() + 30_000; !/(\d)\d% encoding/.test(said) && Date.now() < end; ) await pause(20);
  importing.kill('SIGINT');
  expect(await exited).toBe(130);
  expect(said).toMatch(/interrupted\n.*the same command, or `matinee serve`, goes on from there/s);
  expect(readdirSync(join(data, 'work')), 'what is finished is kept').toHaveLength(1);
  const again = run(...args);
  expect(again.status, again.said).toBe(0);
  expect(readdirSync(join(data, 'media/asset'))).toHaveLength(1);
  expect(readdirSync(join(data, 'work'))).toEqual([]);
});

test('a changed file, or other wishes, are another import', async () => {
  const data = join(folder, 'changed');
  const film = join(folder, 'changed.mp4');
  copyFileSync(clips.short(), film);
  const ids = (r: { out: string }) => new Set(r.out.trim().split('\n').map((l) => JSON.parse(l).id));
  const queue = (...more: string[]) => [...ids(run('import', film, '--detach', '--json', '--data', data, ...fast, ...more))][0];
  const first = queue();
  expect(queue(), 'the same once more').toBe(first);
  expect(queue('--title', 'Another')).not.toBe(first);
  utimesSync(film, new Date(), new Date(Date.now() + 5000));
  expect(queue()).not.toBe(first);
});

test('two imports at once on one data directory both arrive, and the same film once', async () => {
  const data = join(folder, 'both');
  const other = join(folder, 'other.mp4');
  copyFileSync(clips.short(), other);
  const all = [clips.short(), other, other].map((file) => {
    const c = spawn(binary, ['import', file, '--data', data, ...fast], { stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    c.stderr.on('data', (d) => (said += d));
    return new Promise<[number | null, string]>((done) => c.once('close', (code) => done([code, said])));
  });
  for (const [code, said] of await Promise.all(all)) expect(code, said).toBe(0);
  // The two of one film may have asked within the same moment: then it is there twice, and each is whole.
  const assets = readdirSync(join(data, 'media/asset'));
  expect([2, 3]).toContain(assets.length);
  for (const a of assets) expect(existsSync(join(data, 'media/asset', a, 'asset.json'))).toBe(true);
  expect(readdirSync(join(data, 'work'))).toEqual([]);
});

test.describe('with a server', () => {
  const node = new MatineeNode();
  test.beforeAll(async () => {
    await node.start();
  });
  test.afterAll(async () => {
    await node.stop();
    node.remove();
  });

  test('Ctrl-C, or a kill, of the importing command leaves the work to the server', async () => {
    for (const signal of ['SIGINT', 'SIGKILL'] as const) {
      const film = join(folder, `${signal}.mp4`);
      copyFileSync(clips.short(), film);
      const importing = spawn(binary, ['import', film, '--data', node.data, ...fast], { stdio: ['ignore', 'ignore', 'pipe'] });
      let said = '';
      importing.stderr.on('data', (d) => (said += d));
      const exited = new Promise<number | null>((done) => importing.once('close', (code) => done(code)));
      for (const end = Date.now() + 30_000; !said.includes('%') && Date.now() < end; ) await pause(10);
      importing.kill(signal);
      const code = await exited;
      if (signal === 'SIGINT') {
        expect(code).toBe(130);
        expect(said).toMatch(/the work goes on in the server\n.*imports cancel ID/s);
      }
      let state = '';
      for (const end = Date.now() + 60_000; state !== 'done' && Date.now() < end; await pause(200))
        state = JSON.parse(node.run('imports', '--json').split('\n')[0]!).state;
      expect(state).toBe('done');
    }
  });

  test('keys rotate by command, and what plays goes on', async () => {
    const made = node.import(clips.short());
    const viewer = await new Client(node).signUp();
    const play = async () => await viewer.json('POST', '/api/v1/playback', { title_id: made.title_id, device });
    const before = await play();
    const manifest = before.hls_url;
    expect((await fetch(new URL(manifest, node.url))).status).toBe(200);
    expect(node.run('keys', 'rotate')).toMatch(/A new key signs what is started/);
    const secrets = readFileSync(join(node.data, 'token.keys'), 'utf8').split('\n').filter((l) => /^[0-9a-f]/.test(l));
    expect(secrets).toHaveLength(2);
    for (const end = Date.now() + 20_000; !node.tail().includes('process.reload') && Date.now() < end; ) await pause(100);
    expect(node.tail()).toContain('process.reload');
    for (let i = 0; i < 20; i++, await pause(50)) expect((await fetch(new URL(manifest, node.url))).status).toBe(200);
    const twice = run('keys', 'rotate', '--data', node.data);
    expect(twice.status).toBe(1);
    expect(twice.said).toMatch(/would cut running playbacks/);
  });

  test('a film’s keys leave as a CPIX document, sealed to a certificate or in clear when that is said', async () => {
    const made = node.import(clips.short());
    const cert = join(folder, 'licences.pem'), secret = join(folder, 'licences.key');
    execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', secret, '-out', cert, '-subj', '/CN=licences', '-days', '2'], { stdio: 'pipe' });
    expect(run('keys', 'export', made.slug, '--data', node.data)).toMatchObject({ status: 2 });
    expect(run('keys', 'export', 'no-such-film', '--clear', '--data', node.data).said).toMatch(/there is no title "no-such-film"/);
    const clear = node.run('keys', 'export', made.slug, '--clear');
    const sealed = node.run('keys', 'export', made.asset_id, '--to', cert);
    const kids = (text: string) => [...text.matchAll(/ContentKey\s[^>]*kid="([0-9a-f-]{36})"/g)].map((m) => m[1]).sort();
    expect(kids(clear).length).toBeGreaterThanOrEqual(2); // sound and picture
    expect(kids(sealed)).toEqual(kids(clear));
    const values = [...clear.matchAll(/PlainValue>([^<]+)</g)].map((m) => m[1]!.trim());
    expect(values.length).toBe(kids(clear).length);
    for (const value of values) expect(sealed).not.toContain(value);
    expect(sealed).not.toContain('PlainValue');
    /* The keys are the film's: a segment that its licence opens is opened by them. (unit-package reads sealed documents.) */
    const viewer = await new Client(node).signUp('cpix');
    const play = await viewer.json('POST', '/api/v1/playback', { title_id: made.title_id, device });
    const licence = await viewer.json('POST', play.licence.url, { kids: kids(clear).map((k) => Buffer.from(k!.replaceAll('-', ''), 'hex').toString('base64url')), type: 'temporary' });
    const licensed = licence.keys.map((k: { k: string }) => Buffer.from(k.k, 'base64url').toString('base64')).sort();
    for (const value of licensed) expect(values).toContain(value);
    expect(licensed.length).toBeGreaterThan(0);
    const staff = await (await new Client(node).signUp('auditor')).become('operator');
    expect(JSON.stringify(await staff.json('GET', '/api/v1/operator/audit?limit=20'))).toContain('command keys export');
  });
});

test('the demonstration sells, when asked to, and once', () => {
  const data = join(folder, 'shop');
  mkdirSync(data, { mode: 0o700 });
  writeFileSync(join(data, 'demo.done'), 'the films are there'); // no films are made for this
  for (const time of ['first', 'second']) expect(run('demo', '--data', data, '--shop'), time).toMatchObject({ status: 0 });
});
