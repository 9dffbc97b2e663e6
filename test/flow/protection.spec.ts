// What protects a film beyond the key of its class: nothing of it lies in clear once it is packaged.
import { expect, test } from '@playwright/test';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { clips } from '../lib/media.ts';
import { Client, MatineeNode } from '../lib/node.ts';

const node = new MatineeNode();
const editor = new Client(node);

test.beforeAll(async () => {
  await node.start();
  await (await editor.signUp('ed')).become('viewer,editor');
});
test.afterAll(async () => {
  await node.stop();
  node.remove();
});

function files(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((e) =>
    e.isDirectory() ? files(join(folder, e.name)) : e.isFile() ? [join(folder, e.name)] : [],
  );
}

/** Files below the data folder that hold any of these bytes. */
function holders(...payloads: Buffer[]): string[] {
  return files(node.data).filter((f) => {
    const bytes = statSync(f).size < 256 << 20 ? readFileSync(f) : Buffer.alloc(0);
    return payloads.some((p) => bytes.includes(p));
  });
}

/** Stretches of a film's own bytes, from its middle. */
function payloadOf(film: string): Buffer[] {
  const bytes = readFileSync(film);
  return [0.3, 0.5, 0.7].map((at) => bytes.subarray(Math.floor(bytes.length * at), Math.floor(bytes.length * at) + 48));
}

async function importOf(title_id: string): Promise<any> {
  return (await editor.json('GET', '/api/v1/imports')).items.find((i: any) => i.title_id === title_id);
}

async function putAway(title_id: string): Promise<any> {
  const { id } = await importOf(title_id);
  await expect
    .poll(async () => (await editor.json('GET', '/api/v1/jobs')).items.find((j: any) => j.kind === 'ingest.mezzanine' && j.import_id === id)?.state, {
      timeout: 120_000,
    })
    .toBe('done');
  return id;
}

test('a sealed source leaves nothing clear behind, and a film is made of it again', async () => {
  const film = clips.short();
  const made = node.import(film, '--title', 'Sealed', '--policy', 'mezzanine=sealed');
  const id = await putAway(made.title_id);
  expect(holders(...payloadOf(film)), 'clear bytes of the source').toEqual([]);
  expect(files(join(node.data, 'work')), 'what was encoded, in clear').toEqual([]);
  const again = await editor.json('POST', `/api/v1/editor/titles/${made.title_id}/encode`, {});
  await expect.poll(async () => (await editor.json('GET', `/api/v1/imports/${again.id}`)).state, { timeout: 120_000 }).toBe('done');
  const title = await editor.json('GET', `/api/v1/imports/${again.id}`);
  expect(title.title_id).toBe(made.title_id);
  expect(title.asset_id).not.toBe(made.asset_id);
  expect(holders(...payloadOf(film))).toEqual([]);
});

async function play(title_id: string, device: Record<string, unknown> = {}): Promise<{ scheme: string; mpd: string; hls: string; base: URL }> {
  const body = { title_id, device: { kind: 'web', codecs: ['avc1.640028', 'mp4a.40.2'], drm: ['org.w3.clearkey'], ...device } };
  const answer = await editor.json('POST', '/api/v1/playback', body);
  const text = async (url: string) => await (await fetch(new URL(url, node.url))).text();
  return { scheme: answer.licence.scheme, mpd: await text(answer.dash_url), hls: await text(answer.hls_url), base: new URL(answer.dash_url, node.url) };
}

async function segment(base: URL, path: string): Promise<Buffer> {
  const r = await fetch(new URL(path, base));
  expect(r.status, path).toBe(200);
  return Buffer.from(await r.arrayBuffer());
}

test('a film in one scheme gets the other, a killed job goes on, and each device gets the one it plays', async () => {
  const made = node.import(clips.short(), '--title', 'Twice', '--scheme', 'cbcs');
  expect((await play(made.title_id)).scheme).toBe('cbcs');
  const refused = await editor.call('POST', '/api/v1/playback', {
    title_id: made.title_id,
    device: { kind: 'tv', codecs: ['avc1', 'mp4a'], drm: ['org.w3.clearkey'], schemes: ['cenc'] },
  });
  expect((await refused.json()).code).toBe('playback.device_unsupported');
  const job = await editor.json('POST', `/api/v1/editor/titles/${made.title_id}/schemes`, { scheme: 'cenc' });
  node.kill('SIGKILL');
  await node.exited();
  await node.start();
  await expect.poll(async () => (await editor.json('GET', `/api/v1/jobs/${job.id}`)).state, { timeout: 120_000 }).toBe('done');
  const again = await editor.call('POST', `/api/v1/editor/titles/${made.title_id}/schemes`, { scheme: 'cenc' });
  expect((await again.json()).code).toBe('asset.has_scheme');
  const first = await play(made.title_id, { schemes: ['cbcs', 'cenc'] }), second = await play(made.title_id, { schemes: ['cenc'] });
  expect([first.scheme, second.scheme]).toEqual(['cbcs', 'cenc']);
  expect(second.base.pathname).toContain('/scenc/');
  expect(second.mpd).toContain('value="cenc" cenc:default_KID');
  expect(second.hls).toContain('METHOD=SAMPLE-AES-CTR');
  const kids = (mpd: string) => [...mpd.matchAll(/default_KID="([^"]+)"/g)].map((m) => m[1]);
  expect(kids(second.mpd)).toEqual(kids(first.mpd));
  const head = await segment(second.base, 'w1/init.mp4');
  expect(head.includes('cenc')).toBe(true);
  expect(head.includes('cbcs')).toBe(false);
  expect((await segment(second.base, 'b1/0.m4s')).includes('senc')).toBe(true);
});

test('a mezzanine policy that nobody knows is refused', () => {
  expect(() => node.run('import', clips.short(), '--policy', 'mezzanine=maybe')).toThrow(/keep, sealed or delete/);
});
