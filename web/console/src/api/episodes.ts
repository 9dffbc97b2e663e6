/* episodes.ts - where an episode belongs: which series, season and episode there are, and those made that there are not. */
import { useQueries, useQuery } from '@tanstack/react-query';
import * as api from '@shared/api/client';
import type { EditorRow } from '@shared/api/client';
import { sameName } from '../lib/matching';
import { languageNow, t } from '../messages';

export interface FoundEpisode {
  id: string;
  name: string;
  /** It has a film, which another would replace. */
  video: boolean;
}
export interface FoundSeries {
  id: string;
  seasons: Map<number, { id: string; episodes: Map<number, FoundEpisode> }>;
}

type Filter = NonNullable<Parameters<typeof api.editorTitleList>[0]>;

async function all(filter: Filter, signal?: AbortSignal): Promise<EditorRow[]> {
  const items: EditorRow[] = [];
  let cursor: string | undefined;
  do {
    const page = await api.editorTitleList({ ...filter, cursor, limit: 50 }, { signal, headers: { 'accept-language': languageNow() } });
    items.push(...page.items);
    cursor = page.next_cursor ?? undefined;
  } while (cursor);
  return items;
}

async function seriesFind(name: string, signal?: AbortSignal): Promise<FoundSeries | null> {
  if (!name.trim()) return null;
  const found = (await api.editorTitleList({ kind: 'series', q: name.trim(), limit: 50 }, { signal, headers: { 'accept-language': languageNow() } })).items.find((one) => sameName(one.name, name));
  if (!found) return null;
  const seasons = (await all({ parent: found.id, kind: 'season' }, signal)).map(async (season) => {
    const episodes = await all({ parent: season.id, kind: 'episode' }, signal);
    return [season.number, { id: season.id, episodes: new Map(episodes.map((one) => [one.number, { id: one.id, name: one.name, video: !one.missing.includes('video') }])) }] as const;
  });
  return { id: found.id, seasons: new Map(await Promise.all(seasons)) };
}

/** Of each name what there is; undefined: not known yet, null: no such series. */
export const useSeriesFound = (names: readonly string[]) =>
  useQueries({ queries: names.map((name) => ({ queryKey: ['titles', 'series', name.trim().toLocaleLowerCase()], queryFn: ({ signal }: { signal: AbortSignal }) => seriesFind(name, signal), staleTime: 0 })) }).map((query) => query.data);

export const useSeriesNames = () =>
  useQuery({ queryKey: ['titles', 'series-names'], queryFn: async ({ signal }) => (await api.editorTitleList({ kind: 'series', sort: 'updated', limit: 50 }, { signal, headers: { 'accept-language': languageNow() } })).items.map((one) => one.name) });

export interface Place {
  series: string;
  season: number;
  episode: number;
  title: string;
}

/** The titles of these places, in their order; what is not there is made. Done again after a failure it makes nothing twice. */
export async function placesMake(places: readonly Place[]): Promise<string[]> {
  const lang = languageNow();
  const known = new Map<string, FoundSeries>();
  const ids: string[] = [];
  for (const { series, season, episode, title } of places) {
    const key = series.trim().toLocaleLowerCase();
    let own = known.get(key) ?? (await seriesFind(series));
    own ??= { id: (await api.editorTitleCreate({ kind: 'series', name: series.trim(), lang })).id, seasons: new Map() };
    known.set(key, own);
    let part = own.seasons.get(season);
    if (!part) {
      part = { id: (await api.editorTitleCreate({ kind: 'season', parent_id: own.id, number: season, name: t('title.season', { number: season }), lang })).id, episodes: new Map() };
      own.seasons.set(season, part);
    }
    let one = part.episodes.get(episode);
    if (!one) {
      const name = title.trim() || t('title.episode', { number: episode });
      one = { id: (await api.editorTitleCreate({ kind: 'episode', parent_id: part.id, number: episode, name, lang })).id, name, video: false };
      part.episodes.set(episode, one);
    }
    ids.push(one.id);
  }
  return ids;
}
