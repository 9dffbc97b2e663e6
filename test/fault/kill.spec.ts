// A kill -9 at any moment of an import, of any process of a running node: the work is finished by the next start,
// is the same as if nothing had happened, and leaves nothing behind.
import { expect, test } from '@playwright/test';
import { spawn, spawnSync, execFileSync, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { assetDigest, assetDump } from '../lib/boxes.ts';
import { clip } from '../lib/media.ts';
import { binary, MatineeNode } from '../lib/node.ts';
import { descendants, gone, stopOutsideTransaction } from '../lib/processes.ts';

const long = process.env.MATINEE_LONG === '1';
const rounds = long ? 20 : 4;

// Chunks of two seconds, so that even a short film has many checkpoints to be killed between.
const policy = ['--policy', 'preset=ultrafast', '--policy', 'chunk_s=2'];
const film = () =>
  clip('kill.mp4', [
    '-f', 'lavfi', '-i', 'testsrc2=size=854x480:rate=25:duration=16',
    '-f', 'lavfi', '-i', 'sine=frequency=330:duration=16:sample_rate=48000',
    '-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-c:a', 'aac', '-shortest',
  ]);

function random(seed: number): () => number {
  let s = seed >>> 0;
  return () => {
    s = (s * 1664525 + 1013904223) >>> 0;
    return s / 2 ** 32;
  };
}

const importArgs = (data: string) => ['import', film(), '--data', data, '--json', ...policy];
const lastLine = (out: string) => JSON.parse(out.trim().split('\n').pop()!);

function assetFolder(data: string): string {
  const assets = readdirSync(join(data, 'media/asset'));
  expect(assets, 'one asset and nothing half-made beside it').toHaveLength(1);
  return join(data, 'media/asset', assets[0]!);
}

function files(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((f) => f.isFile())
    .map((f) => join(f.parentPath, f.name));
}

/** Nothing lies there that does not belong to the one title. */
function expectTidy(data: string): void {
  execFileSync(binary, ['gc', '--data', data]);
  expect(readdirSync(join(data, 'work'))).toEqual([]);
  const id = assetFolder(data).split('/').pop()!;
  const stray = files(join(data, 'media')).filter(
    (f) => !f.includes(`/asset/${id}/`) && !f.includes(`/art/${id}-`) && !f.includes('/media/source/'),
  );
  expect(stray).toEqual([]);
  expect(files(join(data, 'media/source'))).toHaveLength(1);
}

function finish(data: string): void {
  const out = execFileSync(binary, importArgs(data), { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  expect(lastLine(out).state).toBe('done');
}

function exited(c: ChildProcess): Promise<void> {
  return c.exitCode !== null || c.signalCode !== null ? Promise.resolve() : new Promise((done) => c.once('exit', () => done()));
}

let reference = '';
let referenceMs = 0;

test.beforeAll(() => {
  film();
  const data = mkdtempSync(join(tmpdir(), 'matinee-kill-'));
  const from = Date.now();
  finish(data);
  referenceMs = Date.now() - from;
  reference = assetDump(assetFolder(data));
  expect(reference).toContain('trun');
  expectTidy(data);
  rmSync(data, { recursive: true, force: true });
});

test('two undisturbed imports are the same', () => {
  const data = mkdtempSync(join(tmpdir(), 'matinee-kill-'));
  finish(data);
  expect(assetDump(assetFolder(data))).toBe(reference);
  rmSync(data, { recursive: true, force: true });
});

for (let round = 1; round <= rounds; round++)
  test(`an import killed at random, round ${round}`, async () => {
    const next = random(round * 7919);
    const data = mkdtempSync(join(tmpdir(), 'matinee-kill-'));
    try {
      // Up to three kills in one import, each anywhere in what an undisturbed one takes.
      for (let kills = 1 + Math.floor(next() * 3); kills > 0; kills--) {
        const c = spawn(binary, importArgs(data), { stdio: 'ignore' });
        await pause(next() * referenceMs);
        const children = c.pid ? descendants(c.pid).map((p) => p.pid) : [];
        c.kill('SIGKILL');
        await exited(c);
        expect(await gone(children), 'a sandboxed child outlived its parent').toEqual([]);
      }
      // Killed before anything was written down, it is begun here; killed after the end, it is made again as a
      // title of its own, because the person asked again.
      finish(data);
      for (const asset of readdirSync(join(data, 'media/asset')))
        expect(assetDump(join(data, 'media/asset', asset))).toBe(reference);
      if (readdirSync(join(data, 'media/asset')).length === 1) expectTidy(data);
    } finally {
      rmSync(data, { recursive: true, force: true });
    }
  });

const portFree = (port: number) =>
  new Promise<boolean>((done) => {
    const s = connect(port, '127.0.0.1');
    s.on('connect', () => {
      s.destroy();
      done(false);
    });
    s.on('error', () => done(true));
  });

const victims: [string, RegExp][] = [
  ['worker', / worker\b/],
  ['app', / app\b/],
  ['front', /nginx: master/],
  ['nginx worker', /nginx: worker/],
  ['sandboxed child', /^matinee media/],
];

/** The newest checkpoint of the one import that is being worked on; -1: none. */
function checkpoint(data: string): number {
  try {
    const [id] = readdirSync(join(data, 'work'));
    return JSON.parse(readFileSync(join(data, 'work', id!, 'checkpoint.json'), 'utf8')).chunk;
  } catch {
    return -1;
  }
}

test('what was finished before a kill is not made again', async () => {
  const data = mkdtempSync(join(tmpdir(), 'matinee-kill-'));
  try {
    const c = spawn(binary, importArgs(data), { stdio: 'ignore' });
    for (const end = Date.now() + 60_000; checkpoint(data) < 2 && Date.now() < end; ) await pause(5);
    c.kill('SIGKILL');
    await exited(c);
    const reached = checkpoint(data);
    expect(reached, 'killed within the encode').toBeGreaterThanOrEqual(2);
    const r = spawnSync(binary, [...importArgs(data), '--log-level=debug'], { encoding: 'utf8' });
    expect(lastLine(r.stdout).state).toBe('done');
    const resumed = [...r.stderr.matchAll(/encode\.resumed.*from_chunk=(\d+)/g)].map((m) => Number(m[1]));
    expect(resumed).toEqual([reached + 1]);
    const ran = [...r.stderr.matchAll(/job\.end.*kind=ingest\.(\w+)/g)].map((m) => m[1]);
    expect(ran, 'steps that were done before are done').toEqual(['encode', 'audio', 'text', 'images', 'package', 'verify', 'publish']);
    expect(assetDump(assetFolder(data))).toBe(reference);
  } finally {
    rmSync(data, { recursive: true, force: true });
  }
});

test('kills within the recovery, again and again, and every byte is the same', async () => {
  const whole = mkdtempSync(join(tmpdir(), 'matinee-kill-'));
  const data = mkdtempSync(join(tmpdir(), 'matinee-kill-'));
  const args = (d: string) => [...importArgs(d), '--scheme', 'clear'];
  try {
    execFileSync(binary, args(whole), { stdio: 'ignore' });
    // The first kill falls within the encode, by what is written down: how long an undisturbed import takes says
    // little on a machine whose other core is another test's one moment and idle the next.
    const first = spawn(binary, args(data), { stdio: 'ignore' });
    for (const end = Date.now() + 60_000; checkpoint(data) < 1 && Date.now() < end; ) await pause(5);
    first.kill('SIGKILL');
    await exited(first);
    expect(checkpoint(data), 'killed within the encode').toBeGreaterThanOrEqual(1);
    for (const ms of [40, 80, 160, 320, 20, 240]) {
      const c = spawn(binary, args(data), { stdio: 'ignore' });
      await pause(ms);
      c.kill('SIGKILL');
      await exited(c);
    }
    execFileSync(binary, args(data), { stdio: 'ignore' });
    // A fast machine may be done before the last of the kills: asked again, it makes a title of its own, as above.
    const made = readdirSync(join(data, 'media/asset'));
    for (const asset of made)
      expect(assetDigest(join(data, 'media/asset', asset))).toBe(assetDigest(assetFolder(whole)));
    if (made.length === 1) expectTidy(data);
  } finally {
    for (const d of [whole, data]) rmSync(d, { recursive: true, force: true });
  }
});

test('a collector that is killed takes nothing that is wanted, and the next one finishes', async () => {
  const data = mkdtempSync(join(tmpdir(), 'matinee-kill-'));
  const next = random(4711);
  try {
    finish(data);
    for (let round = 0; round < 6; round++) {
      for (let i = 0; i < 200; i++) {
        const id = `01J${String(round).padStart(2, '0')}${String(i).padStart(21, '0')}`;
        mkdirSync(join(data, 'work', id));
        writeFileSync(join(data, 'work', id, 'v1.es'), 'x');
        mkdirSync(join(data, 'media/asset', id));
        writeFileSync(join(data, 'media/asset', id, 'v1.cmaf'), 'x');
      }
      const c = spawn(binary, ['gc', '--data', data], { stdio: 'ignore' });
      await pause(next() * 250);
      c.kill('SIGKILL');
      await exited(c);
    }
    expectTidy(data);
    expect(assetDump(assetFolder(data))).toBe(reference);
  } finally {
    rmSync(data, { recursive: true, force: true });
  }
});

test('a worker stopped past its lease has no say: another finishes, once', async () => {
  const node = new MatineeNode();
  let second: ChildProcess | undefined;
  try {
    await node.start();
    const queued = lastLine(execFileSync(binary, [...importArgs(node.data), '--detach'], { encoding: 'utf8' }));
    const state = () => JSON.parse(node.run('imports', '--json').split('\n')[0]!).state;
    for (const end = Date.now() + 60_000; checkpoint(node.data) < 1 && Date.now() < end; ) await pause(10);
    const first = descendants(node.pid).find((p) => / worker\b/.test(p.command))!.pid;
    await stopOutsideTransaction(first);
    second = spawn(binary, ['worker', '--data', node.data], { stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    second.stderr!.on('data', (d) => (said += d));
    // The lease is of fifteen seconds; the other waits in the folder until the first is out of it.
    for (const end = Date.now() + 40_000; !said.includes('job.lost') && Date.now() < end; ) await pause(100);
    expect(said).toContain('job.lost');
    await pause(2000);
    process.kill(first, 'SIGCONT');
    for (const end = Date.now() + 90_000; state() !== 'done' && Date.now() < end; ) await pause(200);
    expect(state()).toBe('done');
    // Whoever was free took the later steps; the encode was ended by the one that holds it, and once.
    expect((said.match(/job\.end.*kind=ingest\.encode.*state=done/g) ?? []).length).toBe(1);
    expect(readFileSync(node.log, 'utf8')).not.toMatch(/job\.end.*kind=ingest\.encode.*state=done/);
    expect(assetDump(assetFolder(node.data))).toBe(reference);
    expect(queued.id).toBeTruthy();
    second.kill('SIGTERM');
    await exited(second);
    await node.stop();
    expectTidy(node.data);
  } finally {
    second?.kill('SIGKILL');
    await node.stop().catch(() => undefined);
    node.remove();
  }
});

test('the first filling of the demonstration catalogue, killed twice, fills it once', async () => {
  test.skip(!long, 'minutes of encoding; with MATINEE_LONG=1');
  const data = mkdtempSync(join(tmpdir(), 'matinee-kill-'));
  try {
    for (const ms of [15_000, 45_000]) {
      const c = spawn(binary, ['demo', '--data', data], { stdio: 'ignore' });
      await pause(ms);
      const children = descendants(c.pid!).map((p) => p.pid);
      c.kill('SIGKILL');
      await exited(c);
      expect(await gone(children)).toEqual([]);
    }
    const said = execFileSync(binary, ['demo', '--data', data], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    const films = Number(/(\d+) films/.exec(said)![1]);
    expect(films).toBeGreaterThanOrEqual(4);
    expect(readdirSync(join(data, 'media/asset'))).toHaveLength(films);
    expect(readdirSync(join(data, 'work'))).toEqual([]);
    expect(existsSync(join(data, 'demo'))).toBe(false);
  } finally {
    rmSync(data, { recursive: true, force: true });
  }
});

for (const [name, pattern] of victims)
  test(`a node whose ${name} is killed recovers, and its import finishes`, async () => {
    const node = new MatineeNode();
    try {
      await node.start();
      const importing = spawn(binary, importArgs(node.data), { stdio: ['ignore', 'pipe', 'inherit'] });
      let out = '';
      importing.stdout!.on('data', (d) => (out += d));
      let victim: number | undefined;
      for (const end = Date.now() + 20_000; !victim && Date.now() < end; await pause(20))
        if (out.includes('"stage":"encode"')) victim = descendants(node.pid).find((p) => pattern.test(p.command))?.pid;
      expect(victim, `no ${name} to kill`).toBeTruthy();
      await pause(random(name.length * 7919)() * 500); // somewhere in the encode, not always at its start
      victim = descendants(node.pid).find((p) => pattern.test(p.command))?.pid ?? victim;
      process.kill(victim!, 'SIGKILL');
      expect(await gone([victim!])).toEqual([]);
      await exited(importing);
      expect(lastLine(out).state, out).toBe('done');
      await node.ready();
      expect(assetDump(assetFolder(node.data))).toBe(reference);
      await node.stop();
      expectTidy(node.data);
    } finally {
      await node.stop().catch(() => undefined);
      node.remove();
    }
  });

test('killing the supervisor leaves no process and no port, and the next start finishes the import', async () => {
  const node = new MatineeNode();
  try {
    await node.start();
    const queued = execFileSync(binary, [...importArgs(node.data), '--detach'], { encoding: 'utf8' });
    expect(lastLine(queued).state).toMatch(/queued|running/);
    await pause(referenceMs / 3);
    const all = descendants(node.pid).map((p) => p.pid);
    expect(all.length).toBeGreaterThan(3);
    node.kill('SIGKILL');
    await node.exited();
    expect(await gone(all)).toEqual([]);
    expect(await portFree(node.port)).toBe(true);
    await node.start();
    for (const end = Date.now() + 60_000; Date.now() < end; await pause(200))
      if (existsSync(join(node.data, 'media/asset')) && readdirSync(join(node.data, 'work')).length === 0) break;
    await node.stop();
    expect(assetDump(assetFolder(node.data))).toBe(reference);
    expectTidy(node.data);
  } finally {
    await node.stop().catch(() => undefined);
    node.remove();
  }
});
