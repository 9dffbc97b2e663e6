// A right ends with what it was given to: licences at once, segments within seconds, on the real program.
import { expect, test } from '@playwright/test';
import { clips } from '../lib/media.ts';
import { Client, MatineeNode } from '../lib/node.ts';

const password = 'a long enough password';
const device = { kind: 'web', name: 'Flow', codecs: ['avc1.640028', 'mp4a.40.2'], drm: ['org.w3.clearkey'] };
const node = new MatineeNode();
let film: { title_id: string };

test.describe.configure({ mode: 'serial' });
test.beforeAll(async () => {
  await node.start();
  film = node.import(clips.short(), '--title', 'Rights');
});
test.afterAll(async () => {
  await node.stop();
  node.remove();
});

interface Playing {
  who: Client;
  email: string;
  licence: () => Promise<[number, string]>;
  segment: () => Promise<[number, string | null]>;
}

async function playing(email = `ana-${Math.random().toString(36).slice(2)}@example.org`): Promise<Playing> {
  const who = new Client(node);
  const made = await who.call('POST', '/api/v1/accounts', { email, password });
  if (!made.ok) await who.json('POST', '/api/v1/session', { email, password });
  const p = await who.json('POST', '/api/v1/playback', { title_id: film.title_id, device });
  const base = p.hls_url.replace(/main\.m3u8$/, '');
  const kid = Buffer.from(/default_KID="([^"]+)"/.exec(await (await fetch(node.url + p.dash_url)).text())![1]!.replaceAll('-', ''), 'hex').toString('base64url');
  return {
    who,
    email,
    licence: async () => {
      const r = await fetch(node.url + p.licence.url, { method: 'POST', body: JSON.stringify({ kids: [kid] }) });
      return [r.status, (await r.json()).code ?? ''];
    },
    segment: async () => {
      const r = await fetch(`${node.url}${base}v1/0.m4s`);
      await r.arrayBuffer();
      return [r.status, r.headers.get('x-matinee-reason')];
    },
  };
}

const ended = async (p: Playing) => {
  expect(await p.licence()).toEqual([403, 'playback.ended']);
  await expect.poll(p.segment, { timeout: 5000, intervals: [100] }).toEqual([403, 'revoked']);
};
const goesOn = async (p: Playing) => {
  expect(await p.licence()).toEqual([200, '']);
  expect(await p.segment()).toEqual([200, null]);
};

test('signing out ends this session’s playbacks and no other', async () => {
  const here = await playing();
  const there = await playing(here.email);
  await goesOn(here);
  expect((await here.who.call('DELETE', '/api/v1/session')).status).toBe(204);
  await ended(here);
  await goesOn(there);
});

test('a new password ends every playback of the account', async () => {
  const p = await playing();
  const { execFileSync } = await import('node:child_process');
  const { binary } = await import('../lib/node.ts');
  execFileSync(binary, ['user', 'password', p.email, '--data', node.data], { input: 'another long password 7\n', stdio: ['pipe', 'pipe', 'pipe'] });
  await ended(p);
});

test('erasing the account ends what it plays', async () => {
  const p = await playing();
  expect((await p.who.call('DELETE', '/api/v1/me', { password })).status).toBe(204);
  await ended(p);
});

test('what was revoked stays so after a reload and a restart', async () => {
  const p = await playing();
  const other = await playing();
  await p.who.call('DELETE', '/api/v1/session');
  await ended(p);
  process.kill(node.pid, 'SIGHUP');
  await goesOn(other);
  expect(await p.segment()).toEqual([403, 'revoked']);
  await node.stop();
  await node.start();
  expect(await p.segment()).toEqual([403, 'revoked']);
  expect(await p.licence()).toEqual([403, 'playback.ended']);
  await goesOn(other);
});
