// A catalogue as an editor describes it and as a viewer then finds it: a series, its people and genres, lists and pages.
import { expect, test } from '@playwright/test';
import { clip, clips } from '../lib/media.ts';
import { Client } from '../lib/node.ts';
import { refused } from '../lib/billing.ts';
import { World } from '../lib/world.ts';

const world = new World();
let editor: Client, ana: Client;
test.describe.configure({ mode: 'serial' });
test.beforeAll(async () => {
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

test('of two people who change the same person, genre, studio, collection or field, the second is told', async () => {
  const things: [string, object][] = [
    ['genres', { texts: [{ lang: 'en', name: 'Fog' }] }], ['people', { name: 'Cleo Fog' }], ['studios', { name: 'Fog Films' }],
    ['collections', { texts: [{ lang: 'en', name: 'All of fog' }] }], ['custom-fields', { name: 'fog', type: 'text', label: 'Fog' }],
  ];
  for (const [kind, body] of things) {
    const made = await editor.json('POST', `/api/v1/editor/${kind}`, body), path = `/api/v1/editor/${kind}/${made.id}`;
    expect([kind, made.revision]).toEqual([kind, 0]);
    expect((await editor.json('PUT', path, { ...body, revision: 0 })).revision).toBe(1);
    expect(await refused(await editor.call('PUT', path, { ...body, revision: 0 }))).toEqual([409, 'catalog.changed']);
    expect((await editor.json('PUT', path, body)).revision, 'who names none has read nothing').toBe(2);
    const at_once = await Promise.all(Array.from({ length: 6 }, () => editor.call('PUT', path, { ...body, revision: 2 })));
    expect(at_once.map((r) => r.status).sort(), kind).toEqual([200, 409, 409, 409, 409, 409]);
    expect((await editor.json('GET', path)).revision).toBe(3);
    expect((await editor.json('GET', `/api/v1/editor/${kind}?q=fog`)).items.find((one: any) => one.id === made.id).revision).toBe(3);
    expect((await editor.call('DELETE', path)).status).toBe(204);
    expect(await refused(await editor.call('PUT', path, { ...body, revision: 3 }))).toEqual([404, 'catalog.not_found']);
  }
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

test('one person of several, and what hangs on a genre is shown and let go', async () => {
  const things = async (kind: string, q: string) => (await editor.json('GET', `/api/v1/editor/${kind}?q=${q}`)).items;
  const [ortiz] = await things('people', 'ana-ortiz');
  const twin = await editor.json('POST', '/api/v1/editor/people', { name: 'A. Ortiz', bio: 'Born by the sea.', texts: [{ lang: 'el', name: 'Άνα Ορτίζ' }] });
  const film = await editor.json('GET', `/api/v1/editor/titles/${world.film.title_id}`);
  await editor.json('PUT', `/api/v1/editor/titles/${film.id}/people`, { items: [...film.people, { person: twin.slug, job: 'actor', character: 'A voice' }, { person: twin.slug, job: 'writer' }] });
  const use = await editor.json('GET', `/api/v1/editor/people/${twin.id}/titles`);
  expect(use).toMatchObject({ count: 1, items: [{ id: film.id, kind: 'film' }], next_cursor: null });
  const merge = (others: string[], who = editor) => who.call('POST', `/api/v1/editor/people/${ortiz.id}/merge`, { others });
  expect(await refused(await merge([ortiz.id]))).toEqual([400, 'catalog.merge_self']);
  expect(await refused(await merge(['01J00000000000000000000000']))).toEqual([404, 'catalog.not_found']);
  expect((await merge([twin.id], ana)).status).toBe(403);
  expect(await (await merge([twin.id])).json()).toMatchObject({ id: ortiz.id, name: 'Ana Ortiz', bio: 'Born by the sea.', texts: [{ lang: 'el' }] });
  const after = await editor.json('GET', `/api/v1/editor/titles/${film.id}`);
  expect(after.people.map((one: any) => [one.person, one.job, one.character])).toEqual([['ana-ortiz', 'actor', 'Herself / A voice'], ['ana-ortiz', 'director', ''], ['ana-ortiz', 'writer', '']]);
  expect(after.revision).toBeGreaterThan(film.revision);
  expect((await editor.call('GET', `/api/v1/editor/people/${twin.id}`)).status).toBe(404);

  const [sea] = await things('genres', 'meer'); // by its name in another language
  expect((await editor.json('GET', `/api/v1/editor/genres/${sea.id}/titles`)).count).toBe(1);
  expect((await editor.call('DELETE', `/api/v1/editor/genres/${sea.id}?detach=true`)).status).toBe(204);
  expect((await editor.json('GET', `/api/v1/editor/titles/${film.id}`)).genres).toEqual([]);
});

test('genres stand in the order that was given to them; the type of a field that is in use stays', async () => {
  const make = (name: string) => editor.json('POST', '/api/v1/editor/genres', { texts: [{ lang: 'en', name }] });
  const [war, love] = [await make('War'), await make('Love')];
  const order = (items: string[], who = editor) => who.call('PUT', '/api/v1/editor/genres/order', { items });
  const places = async () => Promise.all([war, love].map(async (one) => (await editor.json('GET', `/api/v1/editor/genres/${one.id}`)).position));
  expect((await order([love.id, war.id])).status).toBe(204);
  expect(await places()).toEqual([1, 0]);
  expect(await refused(await order([war.id, '01J00000000000000000000000']))).toEqual([404, 'catalog.not_found']);
  expect(await places()).toEqual([1, 0]);
  expect((await order([war.id], ana)).status).toBe(403);

  const field = await editor.json('POST', '/api/v1/editor/custom-fields', { name: 'house-number', type: 'text', label: 'Number' });
  const put = (type: string) => editor.call('PUT', `/api/v1/editor/custom-fields/${field.id}`, { name: 'house-number', type, label: 'No.' });
  expect((await put('number')).status).toBe(200);
  await editor.json('PUT', `/api/v1/editor/titles/${world.film.title_id}/custom`, { items: [{ name: 'house-number', value: '7' }] });
  expect(await refused(await put('date'))).toEqual([409, 'catalog.field_in_use']);
  expect((await put('number')).status).toBe(200);
});

test('the editors’ table finds what lacks something', async () => {
  const bare = await make('film', 'Bare');
  const table = async (query: string) => (await editor.json('GET', `/api/v1/editor/titles?${query}`)).items as any[];
  expect((await table('missing=video')).map((t) => t.id)).toEqual([bare.id]);
  expect((await table('q=bare'))[0]).toMatchObject({ published: false, missing: ['artwork', 'text', 'video'], text_langs: ['en'] });
  expect((await table('state=published&kind=episode')).map((t) => t.slug)).toEqual(['ebb']);
  /* What nobody has said anything about: its series' windows are an episode's, too. */
  expect((await table('missing=rights&sort=name')).map((t) => t.slug)).toEqual(expect.arrayContaining(['bare', 'ebb', 'the-harbour']));
  const [series] = await table('kind=series&q=harbour');
  await editor.json('PUT', `/api/v1/editor/titles/${series.id}/rights`, { windows: [{ territories: ['DE'] }] });
  const without = (await table('missing=rights&limit=50')).map((t) => t.slug);
  expect(without).toContain('bare');
  expect(without).not.toContain('ebb');
  await editor.json('PUT', `/api/v1/editor/titles/${series.id}/rights`, { windows: [] });
  expect(await editor.json('GET', `/api/v1/editor/titles/${bare.id}/quality`)).toMatchObject({ import_id: null, made_at: null, findings: [] });
  expect((await ana.call('GET', '/api/v1/editor/titles')).status).toBe(403);
  expect((await editor.call('DELETE', `/api/v1/editor/titles/${bare.id}`)).status).toBe(204);
  expect(await refused(await editor.call('DELETE', `/api/v1/editor/titles/${world.film.title_id}`))).toEqual([409, 'catalog.published']);
});

test('a draft’s film becomes another cut of a title, plays as such, and goes', async () => {
  const tiny = clip('another-cut.mp4', ['-f', 'lavfi', '-i', 'testsrc2=size=160x90:rate=25:duration=2', '-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p']);
  const draft = world.node.import(tiny, '--title', 'A cut', '--no-publish');
  const at = `/api/v1/editor/titles/${world.film.title_id}`;
  const whole = await editor.json('GET', at);
  const add = (body: object) => editor.call('POST', `${at}/versions`, { from: draft.title_id, label: 'Director’s cut', lang: 'en', revision: whole.revision, ...body });
  for (const [body, status, code] of [
    [{ revision: whole.revision - 1 }, 409, 'catalog.changed'], [{ kind: 'main' }, 409, 'catalog.version_taken'], [{ kind: 'No Slug' }, 400, 'catalog.slug_invalid'],
    [{ from: world.film.title_id }, 400, 'catalog.version_self'], [{ from: '01ARZ3NDEKTSV4RRFFQ69G5FAV' }, 404, 'catalog.title_not_found'],
  ] as const)
    expect(await refused(await add(body))).toEqual([status, code]);
  const made = await (await add({})).json();
  const cut = made.versions[1];
  expect(made.versions).toMatchObject([{ kind: 'main', playable: true }, { kind: 'director-s-cut', label: 'Director’s cut', lang: 'en', playable: true }]);
  expect((await editor.call('GET', `/api/v1/editor/titles/${draft.title_id}`)).status).toBe(404);
  expect(await refused(await editor.call('DELETE', `${at}/versions/${made.versions[0].id}`))).toEqual([409, 'catalog.version_main']);

  expect((await ana.json('GET', `/api/v1/titles/${whole.slug}`)).versions).toHaveLength(2);
  const device = { kind: 'web', name: 'Flow', codecs: ['avc1.640028', 'mp4a.40.2'], drm: ['org.w3.clearkey'] };
  const play = (version_id?: string) => editor.call('POST', '/api/v1/playback', { title_id: world.film.title_id, version_id, device });
  expect(await (await play(cut.id)).json()).toMatchObject({ asset_id: draft.asset_id, duration_s: 2 });
  expect((await (await play()).json()).asset_id).toBe(world.film.asset_id);
  expect(await refused(await play(world.film.title_id))).toEqual([404, 'catalog.version_not_found']);

  const named = await editor.json('PATCH', `${at}/versions/${cut.id}`, { label: 'Long cut', lang: null });
  expect(named.versions[1]).toMatchObject({ label: 'Long cut', lang: null, kind: 'director-s-cut' });
  const less = await editor.json('DELETE', `${at}/versions/${cut.id}?revision=${named.revision}`);
  expect(less.versions).toHaveLength(1);
  expect(await refused(await play(cut.id))).toEqual([404, 'catalog.version_not_found']);
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

test('a sheet in another encoding says the same; of ten thousand wrong rows each is told, and nothing is written', async () => {
  const bulk = async (body: Buffer, query = '&dry_run=true') => {
    const r = await fetch(`${world.node.url}/api/v1/editor/bulk?format=csv${query}`, { method: 'POST', headers: { 'content-type': 'text/csv', origin: world.node.url, cookie: editor.cookie }, body: body as BodyInit });
    return { status: r.status, json: await r.json() };
  };
  const text = 'title,synopsis\nÉté,"Les vacances commencent à la fin de l\'année scolaire, et tout le monde est là."\n';
  const wide = Buffer.from(`\ufeff${text}`, 'utf16le');
  for (const [name, bytes, query] of [['UTF-16, little end first', wide, '&dry_run=true'], ['UTF-16, big end first', Buffer.from(wide).swap16(), '&dry_run=true'], ['Windows-1252, told', Buffer.from(text, 'latin1'), '&dry_run=true&encoding=windows-1252'], ['Windows-1252, guessed', Buffer.from(text, 'latin1'), '&dry_run=true']] as const)
    expect((await bulk(bytes, query)).json, name).toMatchObject({ created: 1, wrong: 0, rows: [{ name: 'Été' }] });
  const odd = await bulk(Buffer.from(text), '&encoding=klingon');
  expect([odd.status, odd.json.code]).toEqual([400, 'catalog.bulk_encoding']);
  const before = (await editor.json('GET', '/api/v1/editor/titles?limit=1&sort=new')).items[0]?.id;
  const wrong = await bulk(Buffer.from(`title,year\n${Array.from({ length: 10_000 }, (_, i) => `Film ${i},${i % 100}\n`).join('')}`), '');
  expect(wrong.json).toMatchObject({ created: 0, wrong: 10_000 });
  expect(wrong.json.rows.filter((row: any) => row.action === 'error' && row.errors[0].field === 'year' && row.errors[0].detail.length > 10).length).toBeGreaterThan(0);
  expect((await editor.json('GET', '/api/v1/editor/titles?limit=1&sort=new')).items[0]?.id).toBe(before);
  const more = await bulk(Buffer.from(`title\n${'One more\n'.repeat(10_001)}`));
  expect([more.status, more.json.code.startsWith('catalog.bulk')]).toEqual([400, true]);
});
