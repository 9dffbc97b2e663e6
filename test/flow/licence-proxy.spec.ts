// Licences of Widevine, PlayReady and FairPlay through us, on the program as built: who has a right gets through with a token that says to
// what, and everybody else stays outside; devices get the classes whose output policy they meet.
import { expect, test } from '@playwright/test';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { claimsOf, LicenceService, playreadyAsk, widevineAsk, widevineCertificateAsk } from '../lib/licence_service.ts';
import { clip } from '../lib/media.ts';
import { Client, MatineeNode } from '../lib/node.ts';

const certificate = join(mkdtempSync(join(tmpdir(), 'matinee-fps-')), 'fps.cer');
const service = new LicenceService(), node = new MatineeNode(), viewer = new Client(node);
const secret = 'what the two of them know: 40 characters';
const policy = ['--output-robustness=sd=SW_SECURE_CRYPTO,hd=HW_SECURE_ALL', '--output-hdcp=hd=2.2'];
const hd = () => clip('proxy-720p-2s.mp4', ['-f', 'lavfi', '-i', 'testsrc2=size=1280x720:rate=25:duration=2', '-f', 'lavfi', '-i', 'sine=duration=2', '-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p']);
let film: { title_id: string; asset_id: string };
let kids: Record<string, Buffer>;

test.describe.configure({ mode: 'serial' });
test.beforeAll(async () => {
  await service.start();
  writeFileSync(certificate, Buffer.from([0x30, 0x82, 0, 0xff]));
  const systems = '--drm-systems=widevine,playready,fairplay';
  await node.start({
    args: [systems, ...policy, '--licence-proxy-private', '--licence-proxy-timeout=2s', `--licence-fairplay-certificate=${certificate}`, ...['widevine', 'playready', 'fairplay'].map((s) => `--licence-proxy-${s}=${service.url}/${s}?tenant=7`)],
    env: { MATINEE_LICENCE_PROXY_SECRET: secret, MATINEE_LICENCE_PROXY_HEADER: 'X-Api-Key: ours alone' },
  });
  film = node.import(hd(), '--title', 'Policed', systems, ...policy);
  kids = Object.fromEntries([...node.run('keys', 'export', film.asset_id, '--clear').matchAll(/kid="([^"]+)" intendedTrackType="([A-Z]+)"/g)].map((m) => [m[2]!, Buffer.from(m[1]!.replaceAll('-', ''), 'hex')]));
  await viewer.signUp();
});
test.beforeEach(() => service.reset());
test.afterAll(async () => {
  await node.stop();
  await service.stop();
  node.remove();
  rmSync(dirname(certificate), { recursive: true });
});

type Said = { drm: string[]; robustness?: { system: string; level: string }[]; hdcp?: string };
const widevine = (level: string, more: Partial<Said> = {}): Said => ({ drm: ['org.w3.clearkey', 'com.widevine.alpha'], robustness: [{ system: 'com.widevine.alpha', level }], ...more });
const play = async (said: Said, who = viewer) => await who.json('POST', '/api/v1/playback', { title_id: film.title_id, device: { kind: 'web', name: 'Flow', codecs: ['avc1.640028', 'mp4a.40.2'], ...said } });
async function ask(url: string, body: Buffer | string, headers: Record<string, string> = {}) {
  const r = await fetch(new URL(url, node.url), { method: 'POST', body: body as BodyInit, headers: { 'content-type': 'application/octet-stream', ...headers } });
  const bytes = Buffer.from(await r.arrayBuffer());
  return { status: r.status, headers: r.headers, bytes, code: r.ok ? '' : JSON.parse(bytes.toString()).code };
}
const claims = () => claimsOf(service.asked.at(-1)!.headers['x-matinee-entitlement'] as string, secret);
const text = async (url: string) => await (await fetch(new URL(url, node.url))).text();

test('a device that keeps keys well gets all, through us, and the service is told what for', async () => {
  const p = await play(widevine('HW_SECURE_ALL'));
  expect(p.licence).toMatchObject({ system: 'com.widevine.alpha', scheme: 'cbcs', video_robustness: 'HW_SECURE_ALL', audio_robustness: '' });
  expect(p.limit).toBeNull();
  const body = widevineAsk([kids.SD!, kids.HD!, kids.AUDIO!]);
  const r = await ask(p.licence.url, body);
  expect([r.status, r.bytes]).toEqual([200, Buffer.from([8, 2, 0xff, 0])]);
  expect(r.headers.get('set-cookie')).toBeNull();
  expect(r.headers.get('access-control-allow-origin')).toBe('*');
  expect(service.asked[0]).toMatchObject({ path: '/widevine?tenant=7', body, headers: { 'content-type': 'application/octet-stream', 'x-api-key': 'ours alone' } });
  expect(service.asked[0]!.headers.cookie).toBeUndefined();
  const c = claims();
  expect(c).toMatchObject({ iss: 'matinee', aud: 'widevine', sub: p.id, asset: film.asset_id, persistent: false });
  expect(c.until).toBe(Math.floor(Date.parse(p.expires_at) / 1000));
  const told = (name: string) => c.keys.find((k: any) => k.kid === kids[name]!.toString('hex'));
  expect(c.keys).toHaveLength(3);
  expect(told('HD')).toMatchObject({ classes: ['hd'], hdcp: '2.2', robustness: 'HW_SECURE_ALL', security_level: 'HW_SECURE_ALL' });
  expect(told('AUDIO')).toMatchObject({ classes: ['audio'], hdcp: 'none', robustness: 'none', security_level: '' });
  expect((await ask(p.licence.url, widevineCertificateAsk)).status).toBe(200);
});

test('a device that keeps them less well is held to SD, is told so, and its right ends there', async () => {
  const p = await play(widevine('SW_SECURE_DECODE'));
  expect(p.limit).toEqual({ class: 'hd', reason: 'robustness', needs: 'HW_SECURE_ALL' });
  expect(p.licence.video_robustness).toBe('SW_SECURE_CRYPTO');
  const heights = [...(await text(p.hls_url)).matchAll(/RESOLUTION=\d+x(\d+)/g)].map((m) => Number(m[1]));
  expect(Math.max(...heights)).toBeLessThan(720);
  expect((await ask(p.licence.url, widevineAsk([kids.SD!]))).status).toBe(200);
  expect(claims().keys.map((k: any) => k.kid).sort()).toEqual([kids.SD!, kids.AUDIO!].map((k) => k.toString('hex')).sort());
  expect(await ask(p.licence.url, widevineAsk([kids.SD!, kids.HD!]))).toMatchObject({ status: 403, code: 'licence.key_not_granted' });
  expect(await ask(p.licence.url, widevineAsk([kids.SD!], 2))).toMatchObject({ status: 403, code: 'licence.not_persistent' });
  expect((await play(widevine('HW_SECURE_ALL', { hdcp: '1.4' }))).limit).toEqual({ class: 'hd', reason: 'hdcp', needs: '2.2' });
  const bare = await viewer.call('POST', '/api/v1/playback', { title_id: film.title_id, device: { kind: 'web', drm: ['org.w3.clearkey'] } });
  expect([bare.status, (await bare.json()).code]).toEqual([403, 'playback.output_policy']);
  expect(service.asked).toHaveLength(1);
});

test('PlayReady’s SOAP and FairPlay’s bytes go through as they are', async () => {
  const p = await play({ drm: ['com.microsoft.playready.recommendation.3000'] });
  expect(p.licence).toMatchObject({ system: 'com.microsoft.playready', video_robustness: '3000' });
  service.answer = () => ({ type: 'text/xml; charset=utf-8', body: Buffer.from('<licence/>') });
  const soap = { 'content-type': 'text/xml; charset=utf-8', soapaction: '"http://schemas.microsoft.com/DRM/2007/03/protocols/AcquireLicense"' };
  const r = await ask(p.licence.url, playreadyAsk(kids.HD!), soap);
  expect([r.status, r.headers.get('content-type'), r.bytes.toString()]).toEqual([200, 'text/xml; charset=utf-8', '<licence/>']);
  expect(service.asked[0]!.headers).toMatchObject(soap);
  expect(claims().keys.find((k: any) => k.classes[0] === 'hd').security_level).toBe('3000');
  expect(await ask(p.licence.url, playreadyAsk(Buffer.alloc(16, 3)), soap)).toMatchObject({ status: 403, code: 'licence.key_not_granted' });
  expect(await ask(p.licence.url, 'hello', soap)).toMatchObject({ status: 400, code: 'licence.request_malformed' });

  const f = await play({ drm: ['com.apple.fps'] });
  expect(f.licence).toMatchObject({ system: 'com.apple.fps', certificate_url: '/api/v1/licence/fairplay-certificate' });
  expect(p.licence.certificate_url).toBeNull();
  expect(Buffer.from(await (await fetch(new URL(f.licence.certificate_url, node.url))).arrayBuffer())).toEqual(Buffer.from([0x30, 0x82, 0, 0xff]));
  for (const [body, type] of [[Buffer.from([0, 0, 0, 1, 0xfe, 0xff]), 'application/octet-stream'], ['spc=AAAAAf7%2F&assetId=x', 'application/x-www-form-urlencoded']] as const) {
    expect((await ask(f.licence.url, body, { 'content-type': type })).status).toBe(200);
    expect(service.asked.at(-1)).toMatchObject({ path: '/fairplay?tenant=7', body: Buffer.from(body), headers: { 'content-type': type } });
  }
  service.answer = () => ({ type: 'text/html', body: Buffer.from('<script>') });
  expect((await ask(f.licence.url, 'x')).headers.get('content-type')).toBe('application/octet-stream');
});

test('a right is for one system, as long as its playback lives', async () => {
  const other = await new Client(node).signUp('bea'), p = await play(widevine('HW_SECURE_ALL'), other), grant = p.licence.url.split('/').at(-1)!;
  const body = widevineAsk([kids.SD!]);
  const clearkey = JSON.stringify({ kids: [kids.SD!.toString('base64url')], type: 'temporary' });
  expect(await ask(`/api/v1/licence/clearkey/${grant}`, clearkey)).toMatchObject({ status: 403, code: 'licence.other_system' });
  expect(await ask(`/api/v1/licence/playready/${grant}`, playreadyAsk(kids.SD!))).toMatchObject({ status: 403, code: 'licence.other_system' });
  expect(await ask(`/api/v1/licence/widevine/${grant.replace('.widevine.', '.fairplay.')}`, body)).toMatchObject({ status: 403, code: 'licence.grant_forged' });
  expect(await ask('/api/v1/licence/widevine/1.play', body)).toMatchObject({ status: 403, code: 'licence.grant_forged' });
  expect(await ask(p.licence.url, Buffer.alloc(70_000, 8))).toMatchObject({ status: 413 });
  expect(service.asked).toHaveLength(0);
  expect((await ask(p.licence.url, body)).status).toBe(200);
  await other.json('DELETE', '/api/v1/session');
  expect(await ask(p.licence.url, body)).toMatchObject({ status: 403, code: 'playback.ended' });
  expect(service.asked).toHaveLength(1);
  expect(node.tail() + service.asked[0]!.path).not.toContain(grant);
});

test('a service that fails is told from one that refuses, and holds nobody else up', async () => {
  const p = await play(widevine('HW_SECURE_ALL')), body = widevineAsk([kids.SD!]);
  const answers: [object, number, string][] = [
    [{ status: 500 }, 502, 'licence.service_broken'], [{ status: 302, body: Buffer.from('x') }, 502, 'licence.service_broken'], [{ body: Buffer.alloc(0) }, 502, 'licence.service_broken'],
    [{ body: Buffer.alloc(300_000) }, 502, 'licence.service_broken'], [{ status: 403, body: Buffer.from('revoked device') }, 403, 'licence.service_refused'], [{ status: 503 }, 503, 'licence.service_busy'],
  ];
  for (const [answer, status, code] of answers) {
    service.answer = () => answer;
    const r = await ask(p.licence.url, body);
    expect([r.status, r.code], code).toEqual([status, code]);
    expect(r.headers.get('content-type')).toContain('application/problem+json');
  }
  service.answer = () => ({ hang: true });
  let settled = 0;
  const before = service.asked.length, hanging = Array.from({ length: 20 }, () => ask(p.licence.url, body).finally(() => settled++));
  await expect.poll(() => service.asked.length).toBe(before + 20); // more than there are threads
  expect((await play(widevine('HW_SECURE_ALL'))).licence.system).toBe('com.widevine.alpha');
  expect(settled).toBe(0);
  for (const r of await Promise.all(hanging)) expect([r.status, r.code]).toEqual([504, 'licence.service_timeout']);
  await service.stop();
  expect(await ask(p.licence.url, body)).toMatchObject({ status: 502, code: 'licence.service_unreachable' });
});

test('HLS says what a class asks of outputs, and FairPlay which devices may', async () => {
  const p = await play(widevine('HW_SECURE_ALL'));
  const variants = (await text(p.hls_url)).split('\n').filter((l) => /STREAM-INF/.test(l));
  expect(variants.length).toBeGreaterThan(2);
  for (const v of variants) {
    const high = Number(/RESOLUTION=\d+x(\d+)/.exec(v)![1]) >= 720;
    expect(v).toContain(high ? ',HDCP-LEVEL=TYPE-1,ALLOWED-CPC="com.apple.streamingkeydelivery:AppleMain/Main"' : ',HDCP-LEVEL=NONE');
    if (!high) expect(v).not.toContain('ALLOWED-CPC');
  }
});
