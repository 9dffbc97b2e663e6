// Two films of the stock become a series with a genre, somebody who made it and a collection, as an editor describes them.
import type { Film } from './library.ts';
import { Client, type MatineeNode } from './node.ts';

export const series = { slug: 'harbour-lights', name: 'Harbour Lights', genre: 'sea', person: 'ana-ortiz', collection: 'quiet-ones' } as const;

/** one, two: its episodes, 12 s long; the first has an intro and credits. beside: a film of the same genre. */
export async function makeSeries(node: MatineeNode, one: Film, two: Film, beside: Film): Promise<void> {
  const editor = await (await new Client(node).signUp()).become('editor');
  const title = (body: object) => editor.json('POST', '/api/v1/editor/titles', body);
  const change = (id: string, body: object) => editor.json('PATCH', `/api/v1/editor/titles/${id}`, body);
  await editor.json('POST', '/api/v1/editor/genres', { slug: series.genre, texts: [{ lang: 'en', name: 'Sea' }, { lang: 'ar', name: 'بحر' }] });
  const people = [{ name: 'Ana Ortiz', job: 'actor', character: 'Mara' }, { name: 'Ana Ortiz', job: 'director' }];
  const whole = await title({ kind: 'series', name: series.name, slug: series.slug, synopsis: 'A harbour, and who keeps its light.', genres: [series.genre], people });
  const season = await title({ kind: 'season', name: 'Season 1', parent_id: whole.id, number: 1 });
  const later = await title({ kind: 'season', name: 'Season 2', parent_id: whole.id, number: 2 });
  const markers = [{ kind: 'intro', from_s: 0, to_s: 7, name: null }, { kind: 'credits', from_s: 9, to_s: 12, name: null }];
  await change(one.title_id, { kind: 'episode', parent_id: season.id, number: 1, markers });
  await change(two.title_id, { kind: 'episode', parent_id: season.id, number: 2 });
  await change(beside.title_id, { genres: [series.genre], people, ratings: [{ system: 'FSK', label: '6' }], maturity: null });
  for (const { id } of [later, season, whole]) await change(id, { published: true });
  await editor.json('POST', '/api/v1/editor/collections', { slug: series.collection, published: true, texts: [{ lang: 'en', name: 'Quiet ones', synopsis: 'For late evenings.' }], titles: [whole.id, beside.title_id] });
}
