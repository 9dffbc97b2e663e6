// Who may: tokens of @eyevinn/cat accepted by the module, tokens of ours accepted by @eyevinn/cat, and each refusal.
import { test, expect } from '@playwright/test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CAT } from '@eyevinn/cat';
import { root } from '../../lib/media.ts';
import { Edge, asset, mint, newKey, otherAsset, writeTrack } from './edge.ts';

let edge: Edge;
const now = () => Math.floor(Date.now() / 1000);
const segment = `${asset}/d/v1/0.m4s`;

test.beforeAll(async () => {
  edge = new Edge();
  writeTrack(edge.folder, 'v1', [100]);
  await edge.start();
});
test.afterAll(async () => await edge.stop());

async function reason(token: string, rest = segment): Promise<string> {
  const r = await edge.get(`/m/${token}/${rest}`);
  if (r.status === 200) return 'ok';
  expect(r.status).toBe(403);
  expect(r.headers['cache-control']).toBe('no-store');
  expect(r.headers['access-control-allow-origin']).toBe('*');
  return String(r.headers['x-matinee-reason']);
}

test('a right token opens its asset', async () => {
  expect(await reason(await mint(edge.key))).toBe('ok');
  expect(await reason(await mint(edge.key, { nbf: now() - 1, iat: now(), iss: 'matinee' }))).toBe('ok');
});

test('each wrong one is refused, and says why', async () => {
  const good = await mint(edge.key);
  expect(await reason(await mint(edge.key, { exp: now() }))).toBe('expired');
  expect(await reason(await mint(edge.key, { nbf: now() + 60 }))).toBe('early');
  expect(await reason(await mint(edge.key, { catv: 2 }))).toBe('version');
  expect(await reason(await mint(newKey('other')))).toBe('key');
  expect(await reason(await mint(newKey('k1')))).toBe('forged');
  expect(await reason(good, `${otherAsset}/d/v1/0.m4s`)).toBe('path');
  expect(await reason(good, 'x')).toBe('path');
  expect(await reason(await mint(edge.key, { catu: { host: { 'exact-match': 'h' } } }))).toBe('claim');
  expect(await reason(await mint(edge.key, { catnip: ['10.0.0.0/8'] }))).toBe('claim');
  expect(await reason(good.slice(0, -4))).toBe('malformed');
  expect(await reason('x')).toBe('malformed');
  expect(await reason('')).toBe('malformed');
});

test('a token that was good is checked again: its time, its path, each character', async () => {
  const short = await mint(edge.key, { exp: now() + 2 });
  expect(await reason(short)).toBe('ok');
  expect(await reason(short, `${otherAsset}/d/v1/0.m4s`)).toBe('path');
  for (const at of [0, 40, 100, short.length - 20, short.length - 10])
    expect(await reason(short.slice(0, at) + (short[at] === 'A' ? 'B' : 'A') + short.slice(at + 1)), `${at}`).not.toBe('ok');
  await expect.poll(() => reason(short)).toBe('expired');
});

test('the path may not leave the asset after it was matched', async () => {
  const good = await mint(edge.key);
  for (const rest of [`${asset}/../${otherAsset}/d/v1/0.m4s`, `${asset}/d/../../${otherAsset}/d/v1/0.m4s`, `${asset}%2f..%2f${otherAsset}/d/v1/0.m4s`])
    expect(await reason(good, rest), rest).toBe('path');
});

test('keys are rotated by a reload: both are good, then the old one is not', async () => {
  const [oldKey, next] = [edge.key, newKey('k2')];
  const [a, b] = [await mint(oldKey), await mint(next)];
  expect([await reason(a), await reason(b)]).toEqual(['ok', 'key']);
  edge.writeKeys(next, oldKey);
  expect(await reason(b)).toBe('key');
  await edge.reload();
  expect([await reason(a), await reason(b)]).toEqual(['ok', 'ok']);
  edge.writeKeys(next);
  await edge.reload();
  expect([await reason(a), await reason(b)]).toEqual(['key', 'ok']);
  edge.writeKeys(oldKey);
  await edge.reload();
});

test('a damaged key file refuses the reload and leaves the old keys in force', async () => {
  const good = await mint(edge.key);
  edge.writeKeys({ kid: 'k9', secret: Buffer.from('short') });
  process.kill(edge.master, 'SIGHUP');
  await expect.poll(() => edge.errors).toContain('matinee_keys');
  expect(await reason(good)).toBe('ok');
  edge.writeKeys(edge.key);
});

test("@eyevinn/cat accepts what our own mint writes", async () => {
  // test/unit/cat holds cat_mint to exactly this token.
  const source = readFileSync(join(root, 'test/unit/cat/test_cat.c'), 'utf8');
  const golden = [.../#define GOLDEN_RFC((?:[^"]*"[^"]*")*?)\n\/\*/s.exec(source)![1]!.matchAll(/"([^"]*)"/g)].map((m) => m[1]).join('');
  const secret = Buffer.from(/#define SECRET_A "(\w+)"/.exec(source)![1]!, 'hex');
  const check = async (s: Buffer) => await new CAT({ keys: { k: s }, expectCwtTag: true }).validate(golden, 'mac', { issuer: 'matinee', url: new URL(`https://h/${asset}/d/v1/0.m4s`) });
  const { cat, error } = await check(secret);
  expect(error).toBeUndefined();
  expect(cat!.claims.exp).toBe(2_000_000_000);
  expect(cat!.claims.catu).toEqual({ path: { 'prefix-match': `/${asset}/` } });
  await expect(check(Buffer.alloc(32))).rejects.toThrow();
});
