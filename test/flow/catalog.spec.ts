// A catalogue as an editor describes it and as a viewer then finds it: a series, its people and genres, lists and pages.
import { expect, test } from '@playwright/test';
import { clips } from '../lib/media.ts';
import { Client } from '../lib/node.ts';
import { refused } from '../lib/billing.ts';
import { World } from '../lib/world.ts';

const world = new World();
let editor: Client, ana: Client;
test.describe.configure({ mode: 'serial' });
test.beforeAll(async () => {
  test.setTimeout(240_000);
  await world.start();
  editor = world.editor;
  ana = (await world.signedUp()).client;
});
test.afterAll(async () => await world.stop());

const make = (kind: string, name: string, more: object = {}) => editor.json('POST', '/api/v1/editor/titles', { kind, name, ...more });

test('an imported film becomes an episode, and is seen once its season and series are', async () => {
  const series = await make('series', 'The Harbour');
  const season = await make('season', 'Season 1', { parent_id: series.id, number: 1 });
  const film = world.node.import(clips.short(), '--title', 'Ebb', '--policy', 'max_height=240', '--policy', 'max_rungs=1');
  const one = await editor.json('PATCH', `/api/v1/editor/titles/${film.title_id}`, { kind: 'episode', parent_id: season.id, number: 1 });
  expect(one).toMatchObject({ kind: 'episode', published: true, shown: false });
  expect((await ana.call('GET', '/api/v1/titles/ebb')).status).toBe(404);
  for (const id of [season.id, series.id]) await editor.json('PATCH', `/api/v1/editor/titles/${id}`, { published: true });
  expect(await ana.json('GET', '/api/v1/titles/ebb')).toMatchObject({ kind: 'episode', series: { slug: 'the-harbour', season: 1, episode: 1 }, parent: { kind: 'season' }, next: null });
  const page = await ana.json('GET', '/api/v1/titles/the-harbour');
  expect(page.seasons[0]).toMatchObject({ number: 1, episodes: [{ slug: 'ebb', kind: 'episode' }] });
  const slugs = async (query: string) => (await ana.json('GET', `/api/v1/titles${query}`)).items.map((t: any) => t.slug);
  expect(await slugs('')).toContain('the-harbour');
  expect(await slugs('')).not.toContain('ebb');
  expect(await slugs('?kind=episode')).toEqual(['ebb']);
});

test('genres, people and collections lead to titles, and back', async () => {
  const sea = await editor.json('POST', '/api/v1/editor/genres', { texts: [{ lang: 'en', name: 'Sea' }, { lang: 'de', name: 'Meer' }] });
  const film = await editor.json('GET', `/api/v1/editor/titles/${world.film.title_id}`);
  const change = {
    revision: film.revision, genres: [sea.slug], tags: ['Calm'], ratings: [{ system: 'FSK', label: '6' }], maturity: null,
    people: [{ name: 'Ana Ortiz', job: 'actor', character: 'Herself' }, { name: 'Ana Ortiz', job: 'director' }],
    markers: [{ kind: 'intro', from_s: 1, to_s: 3.5, name: null }],
  };
  const changed = await editor.json('PATCH', `/api/v1/editor/titles/${film.id}`, change);
  expect(await refused(await editor.call('PATCH', `/api/v1/editor/titles/${film.id}`, change))).toEqual([409, 'catalog.changed']);
  expect(changed).toMatchObject({ age: 6, tags: ['calm'], genres: ['sea'] });
  await editor.json('POST', '/api/v1/editor/collections', { published: true, texts: [{ lang: 'en', name: 'Quiet ones' }], titles: [film.id] });

  const german = { 'accept-language': 'de' };
  expect(await (await ana.call('GET', '/api/v1/genres', undefined, german)).json()).toEqual({ items: [{ slug: 'sea', name: 'Meer' }] });
  const page = await (await ana.call('GET', `/api/v1/titles/${film.slug}`, undefined, german)).json();
  expect(page).toMatchObject({
    genres: [{ slug: 'sea', name: 'Meer' }], collections: [{ slug: 'quiet-ones' }], ratings: [{ system: 'FSK', label: '6', age: 6 }], maturity: 6,
    people: [{ slug: 'ana-ortiz', job: 'actor', character: 'Herself' }, { job: 'director', character: null }], markers: [{ kind: 'intro', from_s: 1, to_s: 3.5 }],
  });
  for (const query of ['genre=sea', 'person=ana-ortiz', 'collection=quiet-ones', 'tag=calm', 'genre=sea&sort=name'])
    expect((await ana.json('GET', `/api/v1/titles?${query}`)).items.map((t: any) => t.id), query).toEqual([film.id]);
  expect((await ana.json('GET', '/api/v1/people/ana-ortiz')).credits).toMatchObject([{ title: { id: film.id }, jobs: [{ job: 'actor' }, { job: 'director' }] }]);
  expect(await ana.json('GET', '/api/v1/collections/quiet-ones')).toMatchObject({ name: 'Quiet ones', items: [{ id: film.id }], next_cursor: null });
  expect(await refused(await ana.call('GET', '/api/v1/titles?genre=none'))).toEqual([404, 'catalog.genre_not_found']);
  expect(await refused(await editor.call('DELETE', `/api/v1/editor/genres/${sea.id}`))).toEqual([409, 'catalog.in_use']);
});

test('the editors’ table finds what lacks something', async () => {
  const bare = await make('film', 'Bare');
  const table = async (query: string) => (await editor.json('GET', `/api/v1/editor/titles?${query}`)).items as any[];
  expect((await table('missing=video')).map((t) => t.id)).toEqual([bare.id]);
  expect((await table('q=bare'))[0]).toMatchObject({ published: false, missing: ['artwork', 'text', 'video'], text_langs: ['en'] });
  expect((await table('state=published&kind=episode')).map((t) => t.slug)).toEqual(['ebb']);
  expect((await ana.call('GET', '/api/v1/editor/titles')).status).toBe(403);
  expect((await editor.call('DELETE', `/api/v1/editor/titles/${bare.id}`)).status).toBe(204);
  expect(await refused(await editor.call('DELETE', `/api/v1/editor/titles/${world.film.title_id}`))).toEqual([409, 'catalog.published']);
});

test('a sheet describes a series, tells what is wrong with it, and is taken back', async () => {
  const bulk = async (body: string, query = '') =>
    await (await editor.call('POST', `/api/v1/editor/bulk?format=csv${query}`, body, { 'content-type': 'text/csv' })).json();
  const sheet = 'series,season,episode,title,actors\nNorth,1,1,Ice,Ana Ortiz (Guide)\nNorth,1,2,Thaw,\n';
  expect(await bulk(sheet + 'North,1,x,Bad,\n')).toMatchObject({ state: 'refused', id: null, created: 2, wrong: 1, rows: [{}, {}, { row: 4, action: 'error', errors: [{ field: 'episode' }] }] });
  const done = await bulk(sheet);
  expect(done).toMatchObject({ state: 'applied', created: 2, wrong: 0 });
  expect(await bulk(sheet, '&dry_run=true')).toMatchObject({ state: 'dry_run', unchanged: 2 });
  expect((await editor.json('GET', '/api/v1/editor/titles?kind=season&q=season')).items).toHaveLength(2);
  expect((await editor.json('GET', '/api/v1/editor/bulk')).items[0]).toMatchObject({ id: done.id, state: 'applied', created: 4 });
  expect(await editor.json('POST', `/api/v1/editor/bulk/${done.id}/undo`)).toMatchObject({ state: 'undone', undone: 4, kept: [] });
  expect((await editor.json('GET', '/api/v1/editor/titles?q=north')).items).toEqual([]);
});
