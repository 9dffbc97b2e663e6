// What somebody meets who starts Matinee where it cannot: a sentence that says why and what to do, and nothing left behind.
import { expect, test } from '@playwright/test';
import { spawnSync } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, mkdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MatineeNode, binary, freePort } from '../lib/node.ts';

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
