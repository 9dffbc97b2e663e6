// Finding a title over HTTP, on either engine: as it is typed, with slips, in other scripts; what is not found is kept for editors.
import { expect, test } from '@playwright/test';
import { Client, MatineeNode } from '../lib/node.ts';
import { tableInsert } from '../lib/tables.ts';

const node = new MatineeNode();
let ana: Client;
const films: Record<string, Record<string, string>> = {
  'the-matrix': { en: 'The Matrix', ru: 'Матрица', th: 'เดอะ เมทริกซ์', he: 'מטריקס' },
  'spider-man': { en: 'Spider-Man: Homecoming', hi: 'स्पाइडर-मैन', ko: '스파이더맨' },
  amelie: { fr: 'Le Fabuleux Destin d’Amélie Poulain', el: 'Αμελί' },
  'tokyo-story': { en: 'Tokyo Story', ja: '東京物語', ar: 'قصة طوكيو' },
  'the-end': { en: 'The End of the Affair', pl: 'Koniec romansu' },
};
const id = (n: number) => `01J0000000000000000000000${n}`;

test.describe.configure({ mode: 'serial' });
test.beforeAll(async () => {
  await node.start();
  Object.entries(films).forEach(([slug, names], n) => {
    const at = 1_700_000_000_000 + n;
    tableInsert(node, 'title', { id: id(n), slug, lang: Object.keys(names)[0]!, year: 1950 + n * 12, published: 1, published_at: at, listed_at: at, search: '', created_at: at, updated_at: at, maturity: n === 4 ? 18 : 6, shown: 2 });
    tableInsert(node, 'version', { id: id(n).replace('J', 'K'), title_id: id(n), kind: 'main', asset_id: null, created_at: at });
    for (const [lang, name] of Object.entries(names)) tableInsert(node, 'title_text', { title_id: id(n), lang, name, synopsis: '' });
  });
  expect(node.run('search-index')).toContain('5 titles');
  ana = await new Client(node).signUp();
});
test.afterAll(async () => {
  await node.stop();
  node.remove();
});

const search = (who: Client, q: string, more = '') => who.json('GET', `/api/v1/search?q=${encodeURIComponent(q)}${more}`);
const slugs = async (who: Client, q: string, more = '') => (await search(who, q, more)).items.map((t: { slug: string }) => t.slug);

test('as it is typed, with slips, in any of its languages', async () => {
  for (const q of ['The Matrix', 'matri', 'matirx', 'th matrx', 'Матрица', 'матирца', 'matritsa', 'เมทริกซ์', 'מטרקס']) expect.soft((await slugs(ana, q))[0], q).toBe('the-matrix');
  for (const q of ['spiderman', 'spider man hom', 'homecomming', 'स्पाइडर', '스파이더맨', '스파이덜맨']) expect.soft((await slugs(ana, q))[0], q).toBe('spider-man');
  for (const q of ['amelie', 'fabuleux destni', 'αμελι']) expect.soft((await slugs(ana, q))[0], q).toBe('amelie');
  for (const q of ['東京物語', '东京物语', '東凉物語', 'tokio story', 'طوكيو']) expect.soft((await slugs(ana, q))[0], q).toBe('tokyo-story');
  expect((await search(ana, 'the matirx')).corrected).toBe('the matrix');
  expect((await search(ana, 'the matrix')).corrected).toBeNull();
});

test('narrowed, counted, a page at a time', async () => {
  const all = await search(ana, 'the', '&limit=1');
  expect(all).toMatchObject({ found: 2, next_cursor: '1', facets: { kinds: [{ value: 'film', count: 2 }] } });
  const next = await search(ana, 'the', '&limit=1&cursor=1');
  expect(next.next_cursor).toBeNull();
  expect(new Set([all.items[0].slug, next.items[0].slug])).toEqual(new Set(['the-matrix', 'the-end']));
  expect(await slugs(ana, 'the', '&year_from=1990&year_to=1999')).toEqual(['the-end']);
  expect(await slugs(ana, 'the', '&kind=series')).toEqual([]);
  expect((await ana.json('GET', '/api/v1/search/suggest?q=matr')).items[0]).toEqual({ text: 'The Matrix', kind: 'title', slug: 'the-matrix' });
  for (const bad of ['', '&cursor=x', '&limit=0', '&genre=x']) expect((await ana.call('GET', `/api/v1/search?${bad ? 'q=a' + bad : 'q='}`)).status, bad).toBe(400);
});

test('a child finds what is for it', async () => {
  const bo = await new Client(node).signUp('bo');
  const kid = await bo.json('POST', '/api/v1/profiles', { name: 'Kid', kids: true });
  await bo.json('PUT', '/api/v1/session/profile', { profile: kid.id });
  expect(await slugs(bo, 'the')).toEqual(['the-matrix']);
});

test('what is not found is kept once, for editors, and a title that is taken back is found no more', async () => {
  const ed = await (await new Client(node).signUp('ed')).become('editor');
  for (const q of ['xyl', 'xylo', 'xylophone', 'Xylophone', 'ana@example.org', 'zzz 12345678']) expect(await slugs(ed, q)).toEqual([]);
  expect((await ana.call('GET', '/api/v1/editor/searches')).status).toBe(403);
  expect(await ed.json('GET', '/api/v1/editor/searches')).toMatchObject({ items: [{ query: 'Xylophone', searches: 2 }], next_cursor: null });
  await ed.json('PATCH', `/api/v1/titles/${id(0)}`, { published: false });
  await expect.poll(async () => slugs(ed, 'the matrix')).not.toContain('the-matrix');
});
