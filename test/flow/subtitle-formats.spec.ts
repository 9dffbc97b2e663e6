// Which subtitles a film may bring, and what becomes of them: TTML in MP4, closed captions in the picture, flags of Matroska, pictures
// instead of words; and TTML as editors send it. Over HTTP.
import { expect, test } from '@playwright/test';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pgs } from '../lib/bitmaps.ts';
import { captioned } from '../lib/captions.ts';
import { Client, MatineeNode } from '../lib/node.ts';

const node = new MatineeNode();
const folder = mkdtempSync(join(tmpdir(), 'matinee-formats-'));
let editor: Client;

const at = (name: string) => join(folder, name);
const write = (name: string, text: string) => (writeFileSync(at(name), text), at(name));
const srt = (text: string) => `1\n00:00:01,000 --> 00:00:02,000\n${text}\n`;
const picture = ['-f', 'lavfi', '-i', 'testsrc2=size=160x90:rate=10:duration=4'];
const ffmpeg = (...args: string[]) => execFileSync('ffmpeg', ['-v', 'error', '-y', ...args]);
const small = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p'];

test.describe.configure({ mode: 'serial' });
test.beforeAll(async () => {
  await node.start();
  editor = await (await new Client(node).signUp('ed')).become('viewer,editor');
});
test.afterAll(async () => {
  await node.stop();
  node.remove();
  rmSync(folder, { recursive: true, force: true });
});

interface Played { hls: string[]; dash: string; words: (track: string) => Promise<string> }
async function played(title_id: string): Promise<Played> {
  const play = await editor.json('POST', '/api/v1/playback', { title_id, device: { kind: 'web', codecs: ['avc1.640028', 'mp4a.40.2'], drm: ['org.w3.clearkey'] } });
  const get = async (path: string) => await (await fetch(node.url + path)).text();
  const folder_of = play.hls_url.replace(/[^/]*$/, '');
  return { hls: (await get(play.hls_url)).split('\n').filter((line) => line.includes('TYPE=SUBTITLES')), dash: await get(play.dash_url), words: (track) => get(`${folder_of}${track}/0.vtt`) };
}
/** Brings a film in; what its report says. */
async function brought(film: string, ...more: string[]): Promise<{ title_id: string; report: string[] }> {
  const { title_id } = node.import(film, ...more);
  const one = (await editor.json('GET', '/api/v1/imports')).items.find((i: any) => i.title_id === title_id);
  return { title_id, report: one.warnings };
}
const sets = (dash: string) => [...dash.matchAll(/<AdaptationSet[^>]*contentType="text"[\s\S]*?<\/AdaptationSet>/g)].map((m) => m[0]);

test('a film’s own flags: forced and for who does not hear; pictures in place of words are told of, not dropped in silence', async () => {
  pgs(at('blu.sup'), 1, 2);
  ffmpeg(...picture, '-i', write('en.srt', srt('SIGN')), '-i', write('fr.srt', srt('[porte]')), '-i', at('blu.sup'), '-map', '0:v', '-map', '1', '-map', '2', '-map', '3', ...small, '-c:s:0', 'srt', '-c:s:1', 'srt', '-c:s:2', 'copy',
    '-metadata:s:s:0', 'language=eng', '-metadata:s:s:1', 'language=fre', '-metadata:s:s:2', 'language=ger', '-disposition:s:0', 'forced', '-disposition:s:1', 'hearing_impaired', at('flags.mkv'));
  const { title_id, report } = await brought(at('flags.mkv'), '--title', 'Flags', '--subtitle', `es:${write('Flags.es.sdh.srt', srt('[puerta]'))}`, '--subtitle', `it:${write('Flags.it.forced.srt', srt('CARTELLO'))}`);
  expect(report.join('\n')).toContain('The subtitles of track 3 (de) are pictures (Blu-ray, PGS), not text, and were not kept. Add them as SRT, WebVTT or TTML.');
  const shown = await played(title_id);
  const sdh = 'CHARACTERISTICS="public.accessibility.transcribes-spoken-dialog,public.accessibility.describes-music-and-sound"';
  expect(shown.hls).toHaveLength(4);
  expect(shown.hls[0]).toContain('NAME="English (forced)",LANGUAGE="en",DEFAULT=NO,AUTOSELECT=YES,FORCED=YES');
  expect(shown.hls[0]).not.toContain('CHARACTERISTICS');
  expect(shown.hls[1]).toContain(`NAME="Français (SDH)",LANGUAGE="fr",DEFAULT=NO,AUTOSELECT=YES,FORCED=NO,${sdh}`);
  expect(shown.hls[2]).toContain(`LANGUAGE="es",DEFAULT=NO,AUTOSELECT=YES,FORCED=NO,${sdh}`);
  expect(shown.hls[3]).toContain('LANGUAGE="it",DEFAULT=NO,AUTOSELECT=YES,FORCED=YES');
  const [forced, caption] = sets(shown.dash);
  expect(forced).toContain('<Role schemeIdUri="urn:mpeg:dash:role:2011" value="forced-subtitle"/>');
  expect(forced).not.toContain('Accessibility');
  expect(caption).toContain('<Role schemeIdUri="urn:mpeg:dash:role:2011" value="caption"/>');
  expect(caption).toContain('<Accessibility schemeIdUri="urn:tva:metadata:cs:AudioPurposeCS:2007" value="2"/>');
});

test('a broadcast’s subtitles are pictures, too', async () => {
  ffmpeg(...picture, '-i', pgs(at('dvb.sup'), 1, 2), '-map', '0:v', '-map', '1', ...small, '-c:s', 'dvbsub', '-metadata:s:s:0', 'language=ger', at('dvb.ts'));
  const { report } = await brought(at('dvb.ts'), '--title', 'Broadcast');
  expect(report.join('\n')).toMatch(/track 1 \(de\) are pictures \(DVB\), not text, and were not kept/);
});

test('TTML in an MP4 becomes subtitles', async () => {
  ffmpeg(...picture, '-i', write('ttml.srt', '1\n00:00:01,000 --> 00:00:02,000\nGuten <i>Tag</i>\n\n2\n00:00:02,500 --> 00:00:03,000\nzwei\n'), ...small, '-c:s', 'ttml', '-metadata:s:s:0', 'language=deu', at('stpp.mp4'));
  const { title_id, report } = await brought(at('stpp.mp4'), '--title', 'Studio');
  expect(report).toEqual([]);
  const shown = await played(title_id);
  expect(shown.hls[0]).toContain('NAME="Deutsch",LANGUAGE="de"');
  const words = await shown.words('t1');
  expect(words).toContain('00:00:01.000 --> 00:00:02.000\nGuten Tag');
  expect(words).toContain('00:00:02.500 --> 00:00:03.000\nzwei');
});

test('a device that asks for IMSC1 gets the same subtitles in it, too, behind WebVTT; others see nothing of it', async () => {
  const { title_id } = (await editor.json('GET', '/api/v1/imports')).items.find((i: any) => i.title_name === 'Studio');
  const device = { kind: 'web', codecs: ['avc1.640028', 'mp4a.40.2', 'stpp.ttml.im1t'], drm: ['org.w3.clearkey'] };
  const play = await editor.json('POST', '/api/v1/playback', { title_id, device });
  const base = node.url + play.hls_url.replace(/[^/]*$/, ''), text = async (path: string) => await (await fetch(base + path)).text();
  const hls = (await text('main.m3u8')).split('\n'), media = hls.filter((line) => line.includes('TYPE=SUBTITLES')), variants = hls.filter((line) => line.startsWith('#EXT-X-STREAM-INF'));
  expect(media.map((line) => /GROUP-ID="(\w+)".*LANGUAGE="de".*URI="(\w+)\.m3u8"/.exec(line)?.slice(1))).toEqual([['text', 't1'], ['imsc', 's1']]);
  expect(variants.map((line) => [line.includes('stpp.ttml.im1t'), /SUBTITLES="(\w+)"/.exec(line)?.[1]])).toEqual([...Array(variants.length / 2).fill([false, 'text']), ...Array(variants.length / 2).fill([true, 'imsc'])]);
  expect(await text('s1.m3u8')).toMatch(/#EXT-X-MAP:URI="s1\/init\.mp4"\n#EXTINF:4\.000000,\ns1\/0\.m4s\n/);
  const [vtt, stpp] = sets(await text('main.mpd'));
  expect(vtt).toContain('mimeType="text/vtt"');
  expect(stpp).toContain('contentType="text" mimeType="application/mp4" lang="de"');
  expect(stpp).toMatch(/initialization="\$RepresentationID\$\/init\.mp4" media="\$RepresentationID\$\/\$Number\$\.m4s"/);
  expect(stpp).toMatch(/<Representation id="s1" bandwidth="\d+" codecs="stpp\.ttml\.im1t"\/>/);
  const plain = await played(title_id);
  expect([plain.hls.length, plain.dash.includes('stpp')]).toEqual([1, false]);

  // What was written is read: by an outside reader as a track, by our own as cues.
  const get = async (path: string) => { const r = await fetch(base + path); expect([r.status, r.headers.get('content-type')]).toEqual([200, 'application/mp4']); return Buffer.from(await r.arrayBuffer()); };
  const init = await get('s1/init.mp4'), segment = await get('s1/0.m4s');
  writeFileSync(at('imsc.mp4'), Buffer.concat([init, segment]));
  const probed = JSON.parse(execFileSync('ffprobe', ['-v', 'error', '-show_streams', '-show_packets', '-of', 'json', at('imsc.mp4')], { encoding: 'utf8' }));
  expect(probed.streams[0]).toMatchObject({ codec_tag_string: 'stpp', time_base: '1/1000', tags: { language: 'deu' } });
  expect(probed.packets).toMatchObject([{ pts_time: '0.000000', size: `${segment.length - segment.indexOf('<?xml')}` }]);
  expect(init.includes('im1t')).toBe(true);
  const document = segment.subarray(segment.indexOf('<?xml'));
  expect(document.toString()).toContain('<p region="r0" begin="00:00:01.000" end="00:00:02.000"><span style="w">Guten Tag</span></p>');
  const back = await fetch(`${node.url}/api/v1/editor/titles/${title_id}/subtitles?file_name=back.ttml`, { method: 'POST', headers: { 'content-type': 'application/octet-stream', origin: node.url, cookie: editor.cookie }, body: document as BodyInit });
  const made = await back.json();
  expect(made).toMatchObject({ format: 'ttml', cues: 2, notes: [] });
  // A change by an editor is there in both forms.
  const then = await editor.json('POST', '/api/v1/playback', { title_id, device });
  const list = (await (await fetch(node.url + then.hls_url)).text()).split('\n').filter((line) => line.includes('GROUP-ID="imsc"'));
  expect(list.map((line) => /URI="(\w+)\.m3u8"/.exec(line)?.[1])).toEqual(['s1', expect.stringMatching(/^s1\d\d$/)]);
  expect((await fetch(`${node.url}${then.hls_url.replace(/[^/]*$/, '')}s101/0.m4s`)).status).toBe(200);
});

test('closed captions in the picture become subtitles for who does not hear, in the language of the sound', async () => {
  const film = captioned([{ from_s: 2, to_s: 4, rows: ['Hello there,', 'DOOR SLAMS'] }, { from_s: 5, to_s: 7, rows: ['UP HERE'], top: true }]);
  const { title_id, report } = await brought(film, '--title', 'Captioned');
  expect(report).toEqual([]);
  const shown = await played(title_id);
  expect(shown.hls).toHaveLength(1);
  expect(shown.hls[0]).toContain('NAME="English (SDH)",LANGUAGE="en"');
  expect(shown.hls[0]).toContain('public.accessibility.transcribes-spoken-dialog');
  expect(await shown.words('t1')).toContain('00:00:02.000 --> 00:00:04.000\nHello there,\nDOOR SLAMS\n');
  const list = await editor.json('GET', `/api/v1/editor/titles/${title_id}/subtitles`);
  expect(list.items).toMatchObject([{ lang: 'en', sdh: true, cues: 2, source: 'film' }]);
  expect((await editor.json('GET', `/api/v1/editor/subtitles/${list.items[0].id}/cues`)).cues[1]).toEqual({ start_ms: 5000, end_ms: 7000, text: 'UP HERE', settings: 'line:0' });
  rmSync(film);
});

test('captions of CEA-708 alone are not read, and that is said', async () => {
  const film = captioned([{ from_s: 2, to_s: 3, rows: ['x'] }], { cea708: true, seconds: 4 });
  const { title_id, report } = await brought(film, '--title', 'Newer');
  expect(report.join('\n')).toContain('CEA-708 without those of CEA-608; they are left out');
  expect((await played(title_id)).hls).toEqual([]);
  rmSync(film);
});

test('an editor sends TTML: times, marks and places are kept, what is broken or hostile is told', async () => {
  const { title_id } = (await editor.json('GET', '/api/v1/imports')).items.at(-1); // the first that came in
  const send = async (name: string, body: string | Buffer) =>
    await fetch(`${node.url}/api/v1/editor/titles/${title_id}/subtitles?file_name=${name}`, { method: 'POST', headers: { 'content-type': 'application/octet-stream', origin: node.url, cookie: editor.cookie }, body: body as BodyInit });
  const tt = (attributes: string, body: string) =>
    `<?xml version="1.0" encoding="UTF-8"?>\n<tt xmlns="http://www.w3.org/ns/ttml" xmlns:ttp="http://www.w3.org/ns/ttml#parameter" xmlns:tts="http://www.w3.org/ns/ttml#styling" xmlns:itts="http://www.w3.org/ns/ttml/profile/imsc1#styling" ${attributes}>${body}</tt>`;
  const layout = '<head><layout><region xml:id="top" tts:origin="10% 5%" tts:extent="80% 20%" tts:textAlign="center"/></layout></head>';
  const sent = await send('Flags.ttml', tt('xml:lang="pt-BR" ttp:frameRate="25"', `${layout}<body><div><p begin="00:00:01:05" end="2s" region="top">Em <span tts:fontStyle="italic">cima</span><br/>&amp; mais</p></div></body>`));
  expect(sent.status).toBe(201);
  const made = await sent.json();
  expect(made).toMatchObject({ format: 'ttml', lang: 'pt-BR', forced: false, cues: 1, notes: [], shown: true });
  expect((await editor.json('GET', `/api/v1/editor/subtitles/${made.id}/cues`)).cues).toEqual([{ start_ms: 1200, end_ms: 2000, text: 'Em <i>cima</i>\n&amp; mais', settings: 'line:0' }]);
  const forced = await (await send('signs.dfxp', tt('xml:lang="sv"', '<body itts:forcedDisplay="true"><div><p begin="1s" end="2s">SKYLT</p></div></body>'))).json();
  expect(forced).toMatchObject({ lang: 'sv', forced: true });
  const cut = await (await send('cut.xml', `${tt('xml:lang="da"', '<body><div>\n<p begin="1s" end="2s">hel</p>\n<p begin="3s"').slice(0, -5)}`)).json();
  expect(cut).toMatchObject({ cues: 1, notes: ['Line 4: the XML is broken here; what could be read of it was kept.'] });
  for (const [body, code, words] of [
    ['<!DOCTYPE tt [<!ENTITY a SYSTEM "file:///etc/passwd">]><tt><body><p begin="1s" end="2s">&a;</p></body></tt>', 'text.ttml', 'DOCTYPE'],
    ['<html><body>no</body></html>', 'text.ttml', 'not TTML'],
    ['<tt xmlns:smpte="http://www.smpte-ra.org/schemas/2052-1/2010/smpte-tt"><body><div begin="1s" end="2s" smpte:backgroundImage="#i"/></body></tt>', 'text.bitmap', 'pictures'],
    ['<tt><body><div/></body></tt>', 'text.no_cues', 'no subtitle'],
  ]) {
    const refused = await (await send('x.xml', body)).json();
    expect([refused.code, refused.detail]).toEqual([code, expect.stringContaining(words)]);
  }
});
