// A kill -9 of each process of a running node: it comes back, who watches goes on; of the whole, nothing is left on the port.
import { expect, test } from '@playwright/test';
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { clips } from '../lib/media.ts';
import { Client, MatineeNode } from '../lib/node.ts';
import { descendants, gone, processes, type Proc } from '../lib/processes.ts';

const device = { kind: 'web', name: 'Fault', codecs: ['avc1.640028', 'mp4a.40.2'], drm: ['org.w3.clearkey'] };
const node = new MatineeNode();
let who: Client;
let segment: string;

test.describe.configure({ mode: 'serial' });
test.beforeAll(async () => {
  await node.start();
  const film = node.import(clips.short(), '--title', 'Fault');
  who = await new Client(node).signUp();
  const p = await who.json('POST', '/api/v1/playback', { title_id: film.title_id, device });
  segment = p.hls_url.replace(/main\.m3u8$/, 'v1/0.m4s');
});
test.afterAll(async () => {
  await node.stop();
  node.remove();
});

const listens = () =>
  new Promise<boolean>((done) => {
    const s = connect(node.port, '127.0.0.1', () => (s.destroy(), done(true)));
    s.on('error', () => done(false));
  });
const below = (what: RegExp): Proc[] => descendants(node.pid).filter((p) => what.test(p.command));
const kinds: [string, RegExp][] = [
  ['nginx master', /nginx: master|nginx .*-c/],
  ['an nginx worker', /nginx: worker/],
  ['the app', / app --data|^\S+ app\b/],
  ['the worker', / worker --data|^\S+ worker\b/],
];

/** As a player does: asks again until it has it, or for 15 seconds. */
async function recovers(): Promise<void> {
  await expect
    .poll(
      async () => {
        try {
          const r = await fetch(node.url + segment, { headers: { connection: 'close' } });
          const s = await who.call('GET', '/api/v1/session');
          return [r.status, (await r.arrayBuffer()).byteLength > 0, s.status];
        } catch {
          return [];
        }
      },
      { intervals: [50] },
    )
    .toEqual([200, true, 200]);
}

for (const [name, what] of kinds)
  test(`${name} is killed and comes back`, async () => {
    await expect.poll(() => below(what).length).toBeGreaterThan(0);
    const victims = below(what).slice(0, 1);
    const master = below(kinds[0]![1])[0]!;
    const workers = name === 'nginx master' ? descendants(master.pid) : [];
    process.kill(victims[0]!.pid, 'SIGKILL');
    expect(await gone([...victims, ...workers].map((p) => p.pid))).toEqual([]);
    await recovers();
    await expect.poll(() => below(what).filter((p) => p.pid !== victims[0]!.pid).length).toBeGreaterThan(0);
  });

test('all of them at once', async () => {
  for (const p of descendants(node.pid)) {
    try {
      process.kill(p.pid, 'SIGKILL');
    } catch {
      // went with its parent
    }
  }
  await recovers();
});

test('the supervisor is killed: nothing is left, and the next one starts at once', async () => {
  const all = descendants(node.pid);
  expect(all.length).toBeGreaterThan(3);
  node.kill('SIGKILL');
  expect(await gone([...all.map((p) => p.pid)])).toEqual([]);
  expect(await listens()).toBe(false);
  expect(processes().filter((p) => p.command.includes(node.data))).toEqual([]);
  await node.start();
  await recovers();
});

test('while it stops, the port is given back', async () => {
  await node.stop();
  expect(await listens()).toBe(false);
  await pause(0);
  await node.start();
  await recovers();
});
