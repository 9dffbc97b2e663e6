// What manifests tell of other protection systems: of a film imported with them on, as readers of other houses understand it.
import { expect, test } from '@playwright/test';
import { Parser } from 'm3u8-parser';
import { parse } from 'mpd-parser';
import { clips } from '../lib/media.ts';
import { Client, MatineeNode } from '../lib/node.ts';

const node = new MatineeNode();
const viewer = new Client(node);
const systems = ['--drm-systems=widevine,playready,fairplay', '--drm-widevine-provider=acme', '--drm-playready-url=https://la.example/rm?a=1&b=2'];
const made: Record<string, { slug: string; title_id: string }> = {};

test.describe.configure({ mode: 'serial' });
test.beforeAll(async () => {
  await node.start({ args: systems });
  for (const scheme of ['cbcs', 'cenc']) made[scheme] = node.import(clips.short(), '--title', `In ${scheme}`, '--scheme', scheme, ...systems);
  await viewer.signUp();
});
test.afterAll(async () => {
  await node.stop();
  node.remove();
});

async function manifests(scheme: string): Promise<{ play: any; hls: string; media: string; mpd: string; mpdUrl: string }> {
  const device = { kind: 'web', name: 'Flow', codecs: ['avc1.640028', 'mp4a.40.2'], drm: ['org.w3.clearkey'] };
  const play = await viewer.json('POST', '/api/v1/playback', { title_id: made[scheme]!.title_id, device });
  const text = async (url: string) => await (await fetch(new URL(url, node.url))).text();
  return {
    play,
    hls: await text(play.hls_url),
    media: await text(play.hls_url.replace('main.m3u8', 'v1.m3u8')),
    mpd: await text(play.dash_url),
    mpdUrl: new URL(play.dash_url, node.url).href,
  };
}
/** SystemID and data of a pssh box (ISO/IEC 23001-7 8.1). */
const box = (bytes: Uint8Array) => {
  const b = Buffer.from(bytes);
  expect([b.readUInt32BE(0), b.toString('latin1', 4, 8), b[8]]).toEqual([b.length, 'pssh', 0]);
  expect(b.readUInt32BE(28)).toBe(b.length - 32);
  return { system: b.toString('hex', 12, 28), data: b.subarray(32) };
};
const guid = (kid: Buffer) => Buffer.from([3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15].map((i) => kid[i]!)).toString('base64');

for (const scheme of ['cbcs', 'cenc']) {
  test(`${scheme}: DASH tells Widevine and PlayReady of each set's own key`, async () => {
    const { mpd, mpdUrl, play } = await manifests(scheme);
    const all = [...mpd.matchAll(/cenc:default_KID="([^"]+)"/g)].map((m) => m[1]!.replaceAll('-', ''));
    const read = parse(mpd, { manifestUri: mpdUrl });
    expect(read.playlists.length).toBeGreaterThan(0);
    const tellers = [...read.playlists, ...Object.values<any>(read.mediaGroups.AUDIO.audio).flatMap((g) => g.playlists)];
    const told = new Set<string>();
    for (const p of tellers) {
      const widevine = box(p.contentProtection['com.widevine.alpha'].pssh);
      expect(widevine.system).toBe('edef8ba979d64acea3c827dcd51d21ed');
      expect(widevine.data.subarray(0, 2)).toEqual(Buffer.from([0x12, 16]));
      const kid = Buffer.from(widevine.data.subarray(2, 18));
      expect(all).toContain(kid.toString('hex'));
      told.add(kid.toString('hex'));
      expect(widevine.data.toString('latin1')).toContain(`\x1a\x04acme\x22\x1a${play.asset_id}`);
      const playready = box(p.contentProtection['com.microsoft.playready'].pssh);
      expect(playready.system).toBe('9a04f07998404286ab92e65be0885f95');
      expect(playready.data.readUInt32LE(0)).toBe(playready.data.length);
      const header = playready.data.toString('utf16le', 10);
      expect(header).toContain(`<KID ALGID="${scheme === 'cbcs' ? 'AESCBC' : 'AESCTR'}" VALUE="${guid(kid)}">`);
      expect(header).toContain('<LA_URL>https://la.example/rm?a=1&amp;b=2</LA_URL>');
      expect(mpd).toContain(`<mspr:pro xmlns:mspr="urn:microsoft:playready">${playready.data.toString('base64')}</mspr:pro>`);
    }
    expect([...told].sort()).toEqual([...new Set(all)].sort());
  });

  test(`${scheme}: HLS has a line a system, FairPlay's where it plays`, async () => {
    const { hls, media } = await manifests(scheme);
    const fairplay = scheme === 'cbcs' ? ['com.apple.streamingkeydelivery'] : [];
    const formats = ['org.w3.clearkey', 'urn:uuid:edef8ba9-79d6-4ace-a3c8-27dcd51d21ed', 'com.microsoft.playready', ...fairplay];
    const keys = media.split('\n').filter((l) => l.startsWith('#EXT-X-KEY:'));
    expect(keys.map((l) => /KEYFORMAT="([^"]+)"/.exec(l)![1])).toEqual(formats);
    const sessions = hls.split('\n').filter((l) => l.startsWith('#EXT-X-SESSION-KEY:'));
    expect(sessions.length % formats.length).toBe(0);
    for (const line of keys) expect(sessions).toContain(line.replace('EXT-X-KEY', 'EXT-X-SESSION-KEY'));
    for (const line of keys) expect(line).toContain(scheme === 'cbcs' ? 'METHOD=SAMPLE-AES,' : 'METHOD=SAMPLE-AES-CTR,');
    const kid = /KEYID=0x([0-9a-f]{32})/.exec(keys[0]!)![1]!;
    if (fairplay.length) expect(keys.at(-1)).toContain(`URI="skd://${kid}"`);
    const p = new Parser();
    p.push(media);
    p.end();
    expect(p.manifest.contentProtection['com.widevine.alpha'].attributes.keyId).toBe(kid);
  });
}
