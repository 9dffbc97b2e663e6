// What somebody meets who starts Matinee where it cannot: a sentence that says why and what to do, and nothing left behind.
import { expect, test } from '@playwright/test';
import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdtempSync, mkdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, MatineeNode, binary, freePort } from '../lib/node.ts';
import { clips } from '../lib/media.ts';
import { descendants, gone } from '../lib/processes.ts';

const folder = mkdtempSync(join(tmpdir(), 'matinee-start-'));
test.afterAll(() => rmSync(folder, { recursive: true, force: true }));

function matinee(...args: string[]) {
  const r = spawnSync(binary, args, { encoding: 'utf8', timeout: 60_000 });
  return { status: r.status, said: r.stderr + r.stdout };
}

test('started twice on one data directory, the second says where the first one is', async () => {
  const node = await new MatineeNode().start();
  try {
    const second = matinee('serve', '--data', node.data, '--http-port', String(await freePort()));
    expect(second.status).toBe(1);
    expect(second.said).toContain(`running already on ${node.data}: ${node.url} (process ${node.pid})`);
    expect(second.said).toContain('--data DIR');
    expect((await fetch(`${node.url}/healthz`)).status).toBe(200);
  } finally {
    await node.stop();
    node.remove();
  }
});

test('a port that is taken is named, with another one to choose', async () => {
  const port = await freePort();
  const other = createServer().listen(port, '127.0.0.1');
  await new Promise((done) => other.once('listening', done));
  const data = join(folder, 'taken');
  try {
    for (const check of [['--check'], []]) {
      const r = matinee('serve', '--data', data, '--http-port', String(port), ...check);
      expect(r.status).toBe(1);
      expect(r.said).toContain(`port ${port} is taken`);
      expect(r.said).toContain('--http-port');
    }
  } finally {
    other.close();
  }
});

test('--check starts nothing, and what it prepared is no hindrance', async () => {
  const port = await freePort();
  const data = join(folder, 'check');
  expect(matinee('serve', '--data', data, '--http-port', String(port), '--check').status).toBe(0);
  await expect(fetch(`http://127.0.0.1:${port}/healthz`)).rejects.toThrow();
  const node = await new MatineeNode(data).start();
  await node.stop();
});

test('a reload and a stop end every worker of the front well', async () => {
  const node = await new MatineeNode().start();
  try {
    const workers = () => descendants(node.pid).filter((p) => p.command.startsWith('nginx: worker process')).map((p) => p.pid);
    const before = workers();
    expect(before.length).toBeGreaterThan(0);
    process.kill(node.pid, 'SIGHUP');
    expect(await gone(before)).toEqual([]);
    await expect.poll(() => workers().length).toBe(before.length);
    await node.ready(); // a reload closes connections that are idle: the first request may meet one
    await node.stop();
    expect(readFileSync(node.log, 'utf8')).not.toMatch(/exited on signal|free\(\)|corruption/);
  } finally {
    await node.stop();
    node.remove();
  }
});

test("somebody else's data directory is left alone", () => {
  test.skip(process.getuid?.() !== 0, 'only root can give a folder away');
  const data = join(folder, 'foreign');
  mkdirSync(data);
  chownSync(data, 12345, 12345);
  const r = matinee('serve', '--data', data, '--check');
  expect(r.status).toBe(1);
  expect(r.said).toMatch(/belongs to user 12345, and you are root/);
  expect(r.said).toContain(`chown -R root: '${data}'`);
  expect(existsSync(join(data, 'db'))).toBe(false);
});

/** Real, effective, saved and file system's user of each process of the front. */
const frontUsers = (pid: number) =>
  Object.fromEntries(
    descendants(pid)
      .filter((p) => p.command.startsWith('nginx: '))
      .map((p) => [p.command.split(' ')[1]!, /^Uid:\s+(.*)$/m.exec(readFileSync(`/proc/${p.pid}/status`, 'utf8'))![1]!.split('\t')]),
  );

test("root's front answers as a user that owns nothing, and serves everything all the same", async () => {
  test.skip(process.getuid?.() !== 0, 'only root can give up being root');
  const node = await new MatineeNode().start();
  const uid = String(spawnSync('id', ['-u', 'www-data'], { encoding: 'utf8' }).stdout).trim();
  try {
    expect(frontUsers(node.pid)).toMatchObject({ master: ['0', '0', '0', '0'], worker: [uid, uid, uid, uid] });
    const { slug, title_id } = node.import(clips.short(), '--scheme', 'clear');
    const ana = await new Client(node).signUp();
    expect((await ana.call('GET', '/')).status).toBe(200);
    const title = await ana.json('GET', `/api/v1/titles/${slug}`);
    const poster = JSON.stringify(title).match(/\/art\/[^"]+/)![0];
    expect((await ana.call('GET', poster)).status).toBe(200);
    const device = { kind: 'web', name: 'Flow', codecs: ['avc1.640028', 'mp4a.40.2'], drm: ['org.w3.clearkey'] };
    const played = await ana.json('POST', '/api/v1/playback', { title_id, device });
    expect(await (await fetch(node.url + played.hls_url)).text()).toContain('#EXTM3U');
    const segment = await fetch(node.url + played.hls_url.replace('main.m3u8', 'v1/0.m4s'));
    expect(segment.status).toBe(200);
    expect((await segment.arrayBuffer()).byteLength).toBeGreaterThan(1000);
    const log = join(node.data, 'run/log/delivery.log');
    await expect.poll(() => readFileSync(log, 'utf8')).toContain('event=delivery.request');
    // What is secret stays the master's.
    for (const f of ['master.key', 'token.keys', 'db', 'work']) expect([f, statSync(join(node.data, f)).mode & 0o077]).toEqual([f, 0]);
  } finally {
    await node.stop();
    node.remove();
  }
});

test('where the user of the front cannot read, it says so and serves', async () => {
  test.skip(process.getuid?.() !== 0, 'only root can give up being root');
  const deep = mkdtempSync(join(tmpdir(), 'matinee-deep-')); // 0700, as /root is
  chmodSync(deep, 0o700);
  chownSync(deep, 1, 1);
  const node = new MatineeNode(join(deep, 'data'));
  try {
    await node.start();
    expect(frontUsers(node.pid)).toMatchObject({ worker: ['0', '0', '0', '0'] });
    expect(readFileSync(node.log, 'utf8')).toContain(`event=front.root user=www-data unreachable=${node.data}`);
    expect((await fetch(node.url)).status).toBe(200);
  } finally {
    await node.stop();
    node.remove();
    rmSync(deep, { recursive: true, force: true });
  }
});
