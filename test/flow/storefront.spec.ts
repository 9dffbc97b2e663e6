// An editor's page: rows for places, times and people, the look, and pictures. Over HTTP, as the console asks.
import { expect, test } from '@playwright/test';
import { deflateSync } from 'node:zlib';
import { clips } from '../lib/media.ts';
import { Client, MatineeNode } from '../lib/node.ts';

const node = new MatineeNode();
let film: { slug: string; title_id: string };
let viewer: Client;
let editor: Client;

test.describe.configure({ mode: 'serial' });
test.beforeAll(async () => {
  await node.start({ args: ['--trusted-proxies', '127.0.0.1', '--country-header', 'X-Country'] });
  film = node.import(clips.short(), '--title', 'The long way home');
  viewer = await new Client(node).signUp();
  editor = await (await new Client(node).signUp('ed')).become('viewer,editor');
  await editor.json('PATCH', `/api/v1/titles/${film.title_id}`, { maturity: 6 });
});
test.afterAll(async () => {
  await node.stop();
  node.remove();
});

const layout = '/api/v1/editor/storefront';
const rowsOf = (page: any) => page.rows.map((r: { id: string }) => r.id);

/** A PNG of one colour, clear on its right half where alpha says so. */
function png(width: number, height: number, alpha = 255): Buffer {
  const table = Array.from({ length: 256 }, (_, n) => { let c = n; for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1; return c >>> 0; });
  const crc = (b: Buffer) => { let c = 0xffffffff; for (const x of b) c = table[(c ^ x) & 255]! ^ (c >>> 8); return (c ^ 0xffffffff) >>> 0; };
  const chunk = (type: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(type), data]), out = Buffer.alloc(body.length + 8);
    out.writeUInt32BE(data.length, 0); body.copy(out, 4); out.writeUInt32BE(crc(body), body.length + 4);
    return out;
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0); head.writeUInt32BE(height, 4); head.set([8, 6, 0, 0, 0], 8);
  const line = Buffer.alloc(1 + width * 4);
  for (let x = 0; x < width; x++) line.set([200, 40, x & 255, x > width / 2 ? alpha : 255], 1 + x * 4);
  return Buffer.concat([Buffer.from([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10]), chunk('IHDR', head), chunk('IDAT', deflateSync(Buffer.concat(Array.from({ length: height }, () => line)))), chunk('IEND', Buffer.alloc(0))]);
}
const send = (path: string, body: Buffer | string, who = editor) =>
  fetch(node.url + path, { method: 'PUT', headers: { 'content-type': 'application/octet-stream', origin: node.url, cookie: who.cookie }, body: body as BodyInit });

test('a fresh house has its own rows; an editor arranges others, by country and time, and looks before it counts', async () => {
  const fresh = await viewer.json('GET', '/api/v1/home');
  expect(rowsOf(fresh)).toEqual(['new']);
  expect(fresh.heroes).toHaveLength(1);
  const was = await editor.json('GET', layout);
  expect(was).toMatchObject({ revision: 0, updated_at: null, billboards: [], titles: [] });
  expect(was.rows.map((r: any) => r.kind)).toEqual(['continue', 'new', 'languages', 'all']);
  const rows = [
    { kind: 'curated', titles: { en: 'Our picks', de: 'Unsere Auswahl' }, items: [film.title_id], shape: 'still' },
    { id: 'soon', kind: 'curated', titles: { en: 'Next year' }, items: [film.title_id], starts_at: '2100-01-01T00:00:00Z', countries: ['AT'] },
  ];
  const billboards = [{ title_id: film.title_id, headline: { en: 'Only here' }, countries: ['AT'] }];
  const look = (more: object) => editor.json('POST', `${layout}/preview`, { rows, billboards, ...more });
  expect(rowsOf(await look({ country: 'AT', platform: 'tv' }))).toHaveLength(1);
  const later = await look({ country: 'AT', at: '2100-06-01T00:00:00Z', lang: 'de' });
  expect(later.rows.map((r: any) => [r.title, r.shape])).toEqual([['Unsere Auswahl', 'still'], ['Next year', 'poster']]);
  expect(later.hero).toMatchObject({ headline: 'Only here', title: { slug: film.slug } });
  expect((await look({ country: 'DE', at: '2100-06-01T00:00:00Z' })).rows).toHaveLength(1);
  expect((await look({ maturity: 0 })).rows).toHaveLength(0);
  expect(rowsOf(await viewer.json('GET', '/api/v1/home'))).toEqual(['new']); // nothing was saved

  const saved = await editor.json('PUT', layout, { revision: 0, rows, billboards });
  expect(saved.revision).toBe(1);
  expect(saved.titles.map((t: any) => t.slug)).toEqual([film.slug]);
  expect(saved.rows[0].id).toMatch(/^[0-9a-z]{26}$/);
  const home = await viewer.json('GET', '/api/v1/home');
  expect(home.rows.map((r: any) => r.title)).toEqual(['Our picks']);
  const there = await viewer.call('GET', '/api/v1/home', undefined, { 'x-country': 'AT' });
  expect((await there.json()).hero.headline).toBe('Only here');
  const stale = await editor.call('PUT', layout, { revision: 0, rows: [], billboards: [] });
  expect([stale.status, (await stale.json()).code]).toEqual([409, 'storefront.changed']);
  const bad = await editor.call('PUT', layout, { revision: 1, rows: [{ kind: 'curated', countries: ['de'] }], billboards: [] });
  const problem = await bad.json();
  expect([bad.status, problem.code]).toEqual([400, 'storefront.invalid']);
  expect(problem.errors.map((e: any) => e.field)).toEqual(['rows[0].items', 'rows[0].titles', 'rows[0].countries']);
  expect((await viewer.call('GET', layout)).status).toBe(403);
  expect((await editor.json('DELETE', layout)).revision).toBe(2);
  expect(rowsOf(await viewer.json('GET', '/api/v1/home'))).toEqual(['new']);
});

test('the look: anybody may read it, what cannot be read is refused, a mark is drawn anew', async () => {
  const nobody = new Client(node), theme = '/api/v1/storefront/theme';
  expect(await nobody.json('GET', theme)).toMatchObject({ revision: 0, name: 'Matinee', logo: null, ground: '#0b0c10' });
  expect(await (await nobody.call('GET', `${theme}.css`)).text()).not.toContain('--');
  const manifest = async () => (await nobody.call('GET', '/api/v1/storefront/manifest.webmanifest')).json(), icon = '/api/v1/storefront/icon.svg';
  expect(await manifest()).toMatchObject({ name: 'Matinee', id: '/', theme_color: '#0b0c10', icons: [{ src: '/icon.svg' }, { purpose: 'maskable' }] });
  const dim = await editor.call('PUT', '/api/v1/editor/storefront/theme', { revision: 0, accent: '#332200' });
  expect(dim.status).toBe(400);
  expect((await dim.json()).errors).toEqual([{ field: 'accent', detail: expect.stringMatching(/contrast of \d\.\d to 1/) }]);
  const name = '</style><script>alert(1)</script>"\\';
  await editor.json('PUT', '/api/v1/editor/storefront/theme', { revision: 0, name, ground: '#101820', accent: '#7fd1ae', font: 'serif', corners: 'round' });
  const sheet = await nobody.call('GET', `${theme}.css`);
  expect(sheet.headers.get('content-type')).toBe('text/css; charset=utf-8');
  expect(await sheet.text()).toContain('--brand-name:"</style><script>alert(1)</script>\\"\\\\";');
  const app = await editor.call('GET', '/api/v1/editor/storefront/theme'); // an editor's is from no cache
  expect(await app.json()).toMatchObject({ revision: 1, name });
  const letter = await nobody.call('GET', `${icon}?r=1`);
  expect(letter.headers.get('content-type')).toBe('image/svg+xml');
  expect(await letter.text()).toMatch(/<rect[^>]* fill="#101820"\/><text[^>]* fill="#7fd1ae">&lt;<\/text>/);
  const marked = await (await send('/api/v1/editor/storefront/theme/logo', png(600, 150, 0))).json();
  expect(marked, 'its clear half is left off').toMatchObject({ revision: 2, logo: { width: 300, height: 150 } });
  const mark = await fetch(node.url + marked.logo.src);
  expect([mark.status, mark.headers.get('content-type')]).toEqual([200, 'image/png']);
  expect(await (await nobody.call('GET', `${theme}.css`)).text()).toContain(`--brand-logo:url(${marked.logo.src})`);
  expect(await manifest()).toMatchObject({ name, background_color: '#101820', icons: [{ src: `${icon}?r=2` }] });
  expect(await (await nobody.call('GET', `${icon}?r=2`)).text()).toMatch(/<image[^>]* href="data:image\/png;base64,iVBOR/);
  expect((await send('/api/v1/editor/storefront/theme/logo', png(10, 10), viewer)).status).toBe(403);
  expect((await editor.json('DELETE', '/api/v1/editor/storefront/theme/logo')).logo).toBeNull();
});

test('artwork: sent, in three formats with a blur, or from the film; taken back; what is no picture is refused', async () => {
  const art = (kind: string, more = '') => `/api/v1/editor/titles/${film.title_id}/artwork/${kind}${more}`;
  const before = (await viewer.json('GET', `/api/v1/titles/${film.slug}`)).poster;
  const sent = await send(art('poster'), png(400, 600));
  expect(sent.status).toBe(200);
  const { image } = await sent.json();
  expect(image.src).not.toBe(before.src);
  expect(image.sources.map((s: any) => s.type)).toEqual(['image/avif', 'image/webp']);
  expect(image.blur).toMatch(/^data:image\/webp;base64,/);
  for (const [src, type] of [[image.srcset[0].src, 'image/jpeg'], [image.sources[0].srcset[0].src, 'image/avif'], [image.sources[1].srcset[0].src, 'image/webp']]) {
    const file = await fetch(node.url + src);
    expect([file.status, file.headers.get('content-type')]).toEqual([200, type]);
  }
  expect((await viewer.json('GET', `/api/v1/titles/${film.slug}`)).poster).toEqual(image);
  expect(node.run('gc', '--dry-run')).not.toContain('art/');

  const still = await editor.json('POST', art('still', '/from-film'), { at_s: 1 });
  expect(still.image.sources.length).toBe(2);
  for (const at_s of [100000, -1]) expect((await editor.call('POST', art('still', '/from-film'), { at_s })).status).toBe(400);
  expect((await editor.call('POST', art('logo', '/from-film'), { at_s: 1 })).status).toBe(400);
  const logo = await (await send(art('logo'), png(500, 100, 0))).json();
  expect(logo.image.src).toMatch(/\.png$/);
  expect((await viewer.json('GET', `/api/v1/titles/${film.slug}`)).logo).toEqual(logo.image);
  expect((await editor.json('DELETE', art('poster'))).image).toEqual(before);
  expect((await editor.json('DELETE', art('logo'))).image).toBeNull();

  const bomb = png(400, 600);
  bomb.writeUInt32BE(50_000, 16);
  bomb.writeUInt32BE(50_000, 20);
  const bad: [string, Buffer | string, string][] = [
    ['poster', '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', 'artwork.svg'],
    ['poster', bomb, 'artwork.too_large'],
    ['poster', Buffer.concat([png(400, 600), Buffer.from('PK\x03\x04')]), 'artwork.more'],
    ['poster', png(600, 400), 'artwork.shape'],
    ['poster', png(400, 600).subarray(0, 200), 'artwork.damaged'],
    ['poster', 'GIF89a', 'artwork.type'],
  ];
  for (const [kind, body, code] of bad) {
    const r = await send(art(kind), body);
    const p = await r.json();
    expect([r.status, p.code], code).toEqual([422, code]);
    expect(p.detail.length).toBeGreaterThan(20);
  }
  expect((await send(art('banner'), png(400, 600))).status).toBe(404);
  expect((await send('/api/v1/editor/titles/01J00000000000000000000000/artwork/poster', png(400, 600))).status).toBe(404);
  expect((await viewer.json('GET', `/api/v1/titles/${film.slug}`)).poster).toEqual(before);
});
