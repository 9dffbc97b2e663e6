// Reloads, kills: nothing in flight is cut, nothing stays on the port.
import { test, expect } from '@playwright/test';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Edge, alive, asset, canConnect, mint, open, until, writeTrack } from './edge.ts';

let edge: Edge;
test.beforeEach(() => {
  edge = new Edge();
});
test.afterEach(async () => await edge.stop());

test('a reload cuts no response in flight, however slow its client', async () => {
  const track = writeTrack(edge.folder, 'v1', [30_000_000]);
  await edge.start({ workers: 2 });
  const token = await mint(edge.key);
  const s = await open(edge.port);
  s.write(`GET /m/${token}/${asset}/d/v1/0.m4s HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n`);
  const parts: Buffer[] = [await new Promise<Buffer>((done) => s.once('data', (d: Buffer) => { s.pause(); done(d); }))];
  const old = await edge.reload();
  await edge.reload();
  await until('only the busy worker is left', () => old.filter(alive).length === 1);
  expect((await edge.get(`/m/${token}/${asset}/d/v1/init.mp4`)).status).toBe(200);
  s.on('data', (d: Buffer) => parts.push(d));
  s.resume();
  await new Promise((done) => s.once('end', done));
  const all = Buffer.concat(parts);
  expect(all.subarray(all.indexOf('\r\n\r\n') + 4).equals(track.segments[0]!)).toBe(true);
  await until('the last old worker went', () => old.filter(alive).length === 0);
});

test('kill -9 of the master takes its workers along and frees the port', async () => {
  writeTrack(edge.folder, 'v1', [30_000_000]);
  await edge.start({ workers: 2 });
  const workers = edge.workers; // and the cache's own processes
  expect(workers.length).toBeGreaterThanOrEqual(2);
  const s = await open(edge.port); // one of them is busy
  s.on('error', () => {});
  s.write(`GET /m/${await mint(edge.key)}/${asset}/d/v1/0.m4s HTTP/1.1\r\nHost: h\r\n\r\n`);
  await new Promise((done) => s.once('data', (d) => { s.pause(); done(d); }));
  process.kill(edge.master, 'SIGKILL');
  await until('all are gone', () => workers.filter(alive).length === 0, 2000);
  expect(await canConnect(edge.port)).toBe(false);
  s.destroy();
  await edge.start({ workers: 2 });
  expect((await edge.get('/m/x/y')).status).toBe(403);
});

test('workers of a reload die with their master too', async () => {
  await edge.start();
  await edge.reload();
  const workers = edge.workers;
  process.kill(edge.master, 'SIGKILL');
  await until('all are gone', () => workers.filter(alive).length === 0, 2000);
  expect(await canConnect(edge.port)).toBe(false);
});

test('a worker that is killed is replaced', async () => {
  await edge.start();
  const [worker] = edge.workers;
  process.kill(worker!, 'SIGKILL');
  await until('another one', () => edge.workers.length > 0 && !edge.workers.includes(worker!));
  expect((await edge.get('/m/x/y')).status).toBe(403);
});

test('a configuration that cannot work is refused with the reason', async () => {
  writeFileSync(join(edge.dir, 'token.keys'), 'not a key\n');
  await expect(edge.start()).rejects.toThrow(/matinee_keys: .* must hold 1 to 8 lines/);
});
