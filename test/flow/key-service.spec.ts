// Keys of new films from somebody else's key service (SPEKE v2), on the program as built: asked once and for the same key ids after a kill,
// taken only as they were asked for, and told in the manifests as the service tells them.
import { expect, test } from '@playwright/test';
import { execFileSync, spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { answerOf, keyOf, KeyService, playreadyData, psshOf, skdOf, widevineData } from '../lib/key_service.ts';
import { clips } from '../lib/media.ts';
import { binary, Client, MatineeNode } from '../lib/node.ts';

const service = new KeyService(), node = new MatineeNode(), viewer = new Client(node);
const folder = mkdtempSync(join(tmpdir(), 'matinee-keys-'));
const credential = 'Basic b3BlbjpzZXNhbWU=';
let settings: string[], never: Promise<Run>;

test.describe.configure({ mode: 'serial' });
test.beforeAll(async () => {
  await service.start();
  settings = [`--key-service-url=${service.url}/speke`, '--key-service-private', '--key-service-timeout=1s', '--drm-systems=widevine,playready,fairplay'];
  await node.start({ args: settings, env: { MATINEE_KEY_SERVICE_HEADER: `Authorization: ${credential}` } });
  await viewer.signUp();
  never = importing(join(folder, 'never'), 'Never there', ['--key-service-url=http://127.0.0.1:1/speke']); // takes its time: see below
});
test.beforeEach(() => service.reset());
test.afterAll(async () => {
  await node.stop();
  await service.stop();
  node.remove();
  rmSync(folder, { recursive: true, force: true });
});

interface Run { code: number | null; out: string; said: string }
/** The program beside the test: the service has to answer meanwhile. */
function run(args: string[], env: Record<string, string> = {}, kill?: Promise<unknown>): Promise<Run> {
  const c = spawn(binary, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, MATINEE_KEY_SERVICE_HEADER: `Authorization: ${credential}`, ...env } });
  const r: Run = { code: null, out: '', said: '' };
  c.stdout.on('data', (d) => (r.out += d));
  c.stderr.on('data', (d) => (r.said += d));
  void kill?.then(() => c.kill('SIGKILL'));
  return new Promise((done) => c.once('close', (code) => done({ ...r, code })));
}
const importing = (data: string, title: string, more: string[] = [], env: Record<string, string> = {}, kill?: Promise<unknown>) =>
  run(['import', clips.short(), '--json', '--policy', 'preset=ultrafast', '--title', title, '--data', data, ...settings, ...more], env, kill);
const last = (r: Run) => JSON.parse(r.out.trim().split('\n').findLast((l) => l.includes('"title_id"'))!);
const exported = (data: string, asset: string) => {
  const xml = execFileSync(binary, ['keys', 'export', asset, '--clear', '--data', data], { encoding: 'utf8', stdio: ['pipe', 'pipe', 'pipe'] });
  return Object.fromEntries([...xml.matchAll(/kid="([^"]+)"[^>]*><cpix:Data><pskc:Secret><pskc:PlainValue>([^<]+)</g)].map((m) => [m[1], m[2]]));
};
const given = (kids: string[]) => Object.fromEntries(kids.map((k) => [k, keyOf(k).toString('base64')]));
const hex = (kid: string) => kid.replaceAll('-', '');

test('a film is encrypted with the keys of the service, and tells what the service told', async () => {
  service.answer = (ask, n) => (n < 3 ? { status: 503 } : { xml: answerOf(ask) }); // away for a moment
  const r = await importing(node.data, 'Of the service');
  expect(r.code, r.said).toBe(0);
  const made = last(r), ask = service.asked[0]!;
  expect(service.asked.map((a) => a.kids)).toEqual(Array(3).fill(ask.kids));
  expect(ask.headers).toMatchObject({ 'x-speke-version': '2.0', 'content-type': 'application/xml', authorization: credential });
  expect(ask.headers['x-speke-user-agent']).toMatch(/^Matinee\//);
  expect(ask.contentId).toBe(made.asset_id);
  expect(Object.keys(ask.rules).sort()).toEqual(['AUDIO', 'HD', 'SD', 'UHD']);
  expect(ask.xml).toContain(`kid="${ask.rules.HD}" intendedTrackType="HD"><cpix:VideoFilter minPixels="589825" maxPixels="2073600"/>`);
  expect(ask.systems).toHaveLength(12);
  expect(exported(node.data, made.asset_id)).toEqual(given(ask.kids));

  const device = { kind: 'web', name: 'Flow', codecs: ['avc1.640028', 'mp4a.40.2'], drm: ['org.w3.clearkey'] };
  const play = await viewer.json('POST', '/api/v1/playback', { title_id: made.title_id, device });
  const text = async (url: string) => await (await fetch(new URL(url, node.url))).text();
  const mpd = await text(play.dash_url), sound = await text(play.hls_url.replace('main.m3u8', 'a1.m3u8'));
  const audio = ask.rules.AUDIO!;
  expect(mpd).toContain(psshOf('widevine', widevineData(audio)).toString('base64'));
  expect(mpd).toContain(`<mspr:pro xmlns:mspr="urn:microsoft:playready">${playreadyData(audio).toString('base64')}</mspr:pro>`);
  expect(sound).toContain(`URI="${skdOf(audio)}"`);
  expect(mpd).not.toContain(Buffer.from([0x12, 16, ...Buffer.from(hex(audio), 'hex')]).toString('base64').slice(0, 20));
  const kids = [audio, ask.rules.SD!].map((k) => Buffer.from(hex(k), 'hex').toString('base64url'));
  const licence = await viewer.json('POST', play.licence.url, { kids, type: 'temporary' });
  expect(licence.keys.map((k: any) => k.k)).toEqual([audio, ask.rules.SD!].map((k) => keyOf(k).toString('base64url')));
});

test('keys come sealed where a certificate is set, and one key may be for several classes', async () => {
  const cert = join(folder, 'ours.pem'), secret = join(folder, 'ours.key');
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', secret, '-out', cert, '-subj', '/CN=ours', '-days', '2'], { stdio: 'pipe' });
  const data = join(folder, 'sealed');
  const r = await importing(data, 'Sealed', [`--key-service-certificate=${cert}`, '--key-service-contract=SHARED'], { MATINEE_KEY_SERVICE_PRIVATE_KEY_FILE: secret });
  expect(r.code, r.said).toBe(0);
  const ask = service.asked[0]!;
  expect(Object.keys(ask.rules)).toEqual(['ALL']);
  expect(ask.kids).toHaveLength(1);
  expect(answerOf(ask)).not.toContain('PlainValue');
  expect(exported(data, last(r).asset_id)).toEqual(given(ask.kids));
  const asset = JSON.parse(readFileSync(join(data, 'media/asset', last(r).asset_id, 'asset.json'), 'utf8'));
  const tracks = asset.tracks.filter((t: any) => t.kind === 'audio' || t.kind === 'video');
  expect([...new Set(tracks.map((t: any) => t.kid))]).toEqual([hex(ask.kids[0]!)]);
});

test('after a kill the same key ids are asked for again, and nothing is there twice', async () => {
  const data = join(folder, 'killed');
  let came = () => {};
  const asked = new Promise<void>((done) => (came = done));
  service.answer = () => (came(), { hang: true });
  expect((await importing(data, 'Killed', ['--key-service-timeout=20s'], {}, asked)).code).toBeNull();
  const first = service.asked[0]!;
  service.reset();
  const r = await importing(data, 'Killed');
  expect(r.code, r.said).toBe(0);
  expect(service.asked).toHaveLength(1);
  expect([service.asked[0]!.contentId, service.asked[0]!.kids]).toEqual([first.contentId, first.kids]);
  expect(exported(data, last(r).asset_id)).toEqual(given(first.kids));
  expect(readdirSync(join(data, 'media/asset'))).toEqual([first.contentId]);
});

test('a service that stays away fails the import in words', async () => {
  expect(await never).toMatchObject({ code: 1, out: expect.stringContaining('keys.service_unreachable') });
});

const answers: [string, RegExp, (xml: string, kids: string[]) => { xml?: string; status?: number }][] = [
  ['no XML', /not well-formed|not UTF-8/, () => ({ xml: 'keys, as agreed' })],
  ['a DOCTYPE', /DOCTYPE/, (xml) => ({ xml: xml.replace('<cpix:CPIX', '<!DOCTYPE a [<!ENTITY b "c">]><cpix:CPIX') })],
  ['zeros', /nothing but zeros/, (xml, kids) => ({ xml: xml.replace(keyOf(kids[1]!).toString('base64'), 'A'.repeat(22) + '==') })],
  ['too few keys', /missing/, (xml, kids) => ({ xml: xml.replace(new RegExp(`<cpix:ContentKey kid="${kids[2]}".*?</cpix:ContentKey>`), '').replaceAll(new RegExp(`<cpix:DRMSystem kid="${kids[2]}".*?</cpix:DRMSystem>`, 'g'), '') })],
  ['other keys', /not asked for/, (xml, kids) => ({ xml: xml.replaceAll(kids[0]!, '00000000-1111-2222-3333-444444444444') })],
  ['a system less', /a protection system of drm-systems/, (xml) => ({ xml: xml.replace(/<cpix:DRMSystem .*?<\/cpix:DRMSystem>/, '') })],
  ['one key twice', /the same key under two/, (xml, kids) => ({ xml: xml.replace(keyOf(kids[1]!).toString('base64'), keyOf(kids[0]!).toString('base64')) })],
  ['other content', /other content/, (xml) => ({ xml: xml.replace(/contentId="[^"]+"/, 'contentId="another"') })],
  ['more than a document', /more than 1 MiB/, (xml) => ({ xml: xml + ' '.repeat(1 << 20) })],
  ['a refusal', /no keys for this film \(status 403\)/, () => ({ status: 403 })],
  ['a redirect', /no keys for this film \(status 302\)/, () => ({ status: 302 })],
];
test('what is not the answer to what was asked is refused with words, and no key of it is kept', async () => {
  const data = join(folder, 'bad');
  for (const [what, words, change] of answers) {
    service.reset();
    service.answer = (ask) => change(answerOf(ask), ask.kids);
    const r = await importing(data, what.startsWith('a r') ? what : 'Bad', ['--no-publish']);
    expect(r.code, what).toBe(1);
    expect(r.said + r.out, what).toMatch(words);
    expect(r.said + r.out).not.toContain(credential);
    expect(service.asked, what).toHaveLength(1);
  }
  expect(existsSync(join(data, 'media/asset')) ? readdirSync(join(data, 'media/asset')) : []).toEqual([]);
  for (const f of existsSync(join(data, 'db')) ? readdirSync(join(data, 'db')) : []) expect(readFileSync(join(data, 'db', f)).includes(credential)).toBe(false);
});

test('settings that cannot work stop the start with a sentence', async () => {
  const bad: [string[], RegExp][] = [
    [['--key-service-contract=PRESET-VIDEO-5/PRESET-AUDIO-1'], /PRESET-VIDEO-1, -2 or -3/],
    [['--no-key-service-private'], /must begin with https/],
    [['--output-hdcp=4k=2.2'], /hd=1.4,uhd=2.2/],
    [['--output-robustness=hd=good'], /sd=SW_SECURE_CRYPTO/],
  ];
  for (const [more, words] of bad) {
    const r = await importing(join(folder, 'settings'), 'Never', more);
    expect(r.code, more[0]).toBe(1);
    expect(r.said, more[0]).toMatch(words);
  }
  expect((await importing(join(folder, 'settings'), 'Never', ['--key-service-header=Authorization: x'])).said).toMatch(/must not stand in a command line/);
  expect(service.asked).toHaveLength(0);
});
