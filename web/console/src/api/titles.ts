/* titles.ts - the catalogue as an editor sees it: the table of every kind and state, one title as a flat document that is saved as it is edited. */
import { keepPreviousData, useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import * as api from '@shared/api/client';
import type { EditorCredit, EditorCustom, EditorExternalId, EditorMarker, EditorRating, EditorRow, EditorText, EditorTitle, EditorTitleChange, Title } from '@shared/api/client';
import { languageNow } from '../messages';

export type TitleRow = EditorRow;
export interface TitleFilter {
  q: string;
  state: 'all' | 'published' | 'unpublished';
  kind: EditorRow['kind'] | '';
  missing: EditorRow['missing'][number] | '';
  sort: 'new' | 'name' | 'year' | 'updated';
}
export const noFilter: TitleFilter = { q: '', state: 'all', kind: '', missing: '', sort: 'new' };
export const kinds: EditorRow['kind'][] = ['film', 'series', 'season', 'episode', 'trailer', 'extra'];

const words = (): Record<string, string> => ({ 'accept-language': languageNow() });

export function useTitles(filter: TitleFilter) {
  return useInfiniteQuery({
    queryKey: ['titles', filter],
    queryFn: ({ pageParam, signal }) =>
      api.editorTitleList(
        {
          q: filter.q || undefined, state: filter.state === 'all' ? undefined : filter.state, kind: filter.kind || undefined, missing: filter.missing || undefined,
          sort: filter.sort === 'new' ? undefined : filter.sort, cursor: pageParam, limit: 50,
        },
        { signal, headers: words() },
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    placeholderData: keepPreviousData,
    select: (data) => data.pages.flatMap((page) => page.items),
  });
}

export const useTitleSearch = (q: string) =>
  useQuery({ queryKey: ['titles', 'search', q], queryFn: ({ signal }) => api.editorTitleList({ q, limit: 8 }, { signal, headers: words() }), enabled: q.length > 0, placeholderData: keepPreviousData });

/** The newest, for lists to choose from before anything is typed. */
export const useTitleNames = () => useQuery({ queryKey: ['titles', 'names'], queryFn: ({ signal }) => api.editorTitleList({ limit: 50 }, { signal, headers: words() }), select: (page) => page.items });

/** What is part of a title: a series' seasons, a season's episodes. */
export const useTitleParts = (parent: string, enabled: boolean) =>
  useQuery({ queryKey: ['titles', 'parts', parent], queryFn: ({ signal }) => api.editorTitleList({ parent, limit: 50 }, { signal, headers: words() }), enabled, select: (page) => [...page.items].sort((a, b) => a.number - b.number) });

export const useGenres = () => useQuery({ queryKey: ['genres'], queryFn: ({ signal }) => api.genreList({ signal, headers: words() }), staleTime: 60_000 });

/** Publishes or takes back many, a few at a time; tells how many could not be, and why the first of them. */
export function useTitlesPublish() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async ({ ids, published }: { ids: readonly string[]; published: boolean }) => {
      const failed: unknown[] = [];
      const done: string[] = [];
      const queue = [...ids];
      const work = async () => {
        for (let id = queue.shift(); id; id = queue.shift()) {
          const one = id;
          await api.editorTitleUpdate(one, { published }).then(() => done.push(one), (error) => failed.push(error));
        }
      };
      await Promise.all([work(), work(), work()]);
      return { done, failed };
    },
    onSettled: () => client.invalidateQueries({ queryKey: ['titles'] }),
  });
}

/** Makes a title without a film: a series, a season of one, an episode that waits for its film. */
export function useTitleCreate() {
  const client = useQueryClient();
  return useMutation({ mutationFn: (body: api.EditorTitleNew) => api.editorTitleCreate(body), onSuccess: () => client.invalidateQueries({ queryKey: ['titles'] }) });
}

/** Fields of the editor: facts by their name, words by field and language ("name.de"). */
export type TitleFields = {
  revision: number; year: number | null; maturity: number | null; published: boolean; released_on: string | null; number: number; genres: string[]; tags: string[]; aliases: string[];
  studios: string[]; people: EditorCredit[]; ratings: EditorRating[]; markers: EditorMarker[]; external_ids: EditorExternalId[]; custom: EditorCustom[];
} & Record<string, unknown>;
export interface TitleDoc {
  whole: EditorTitle;
  fields: TitleFields;
}

/** Lists that are one field each: changed, saved and taken back as a whole. */
const lists = ['genres', 'tags', 'aliases', 'studios', 'people', 'ratings', 'markers', 'external_ids', 'custom'] as const;
const texts = ['name', 'tagline', 'synopsis', 'sort_name'] as const;

export function fieldsOf(whole: EditorTitle): TitleFields {
  const fields: TitleFields = { revision: whole.revision, year: whole.year, maturity: whole.maturity, published: whole.published, released_on: whole.released_on, number: whole.number } as TitleFields;
  for (const list of lists) (fields as Record<string, unknown>)[list] = whole[list];
  for (const one of whole.texts) for (const field of texts) fields[`${field}.${one.lang}`] = one[field] ?? '';
  return fields;
}

/** Every language in which there is a name; the title's own first. */
export function textsOf(fields: TitleFields, own: string): EditorText[] {
  const langs = Object.keys(fields).filter((key) => key.startsWith('name.')).map((key) => key.slice(5));
  const text = (field: string, lang: string): string => String(fields[`${field}.${lang}`] ?? '').trim();
  return [...new Set([own, ...langs])].filter((lang) => lang === own || text('name', lang)).map((lang) => ({ lang, name: text('name', lang), synopsis: text('synopsis', lang), tagline: text('tagline', lang), sort_name: text('sort_name', lang) }));
}

/** What goes out for a change: words all together, for what is not among them goes. */
export function changeOf(patch: Partial<TitleFields>, fields: TitleFields, own: string): EditorTitleChange {
  const facts = Object.fromEntries(Object.entries(patch).filter(([key]) => !key.includes('.') && key !== 'revision'));
  const worded = Object.keys(patch).some((key) => key.includes('.'));
  return { revision: fields.revision, ...facts, ...(worded ? { texts: textsOf(fields, own) } : {}) };
}

const docKey = (id: string) => ['title', id];

export function useTitleDoc(id: string) {
  return useQuery({ queryKey: docKey(id), queryFn: async ({ signal }): Promise<TitleDoc> => api.editorTitleGet(id, { signal }).then((whole) => ({ whole, fields: fieldsOf(whole) })), staleTime: 0 });
}

/** What the film itself says: pictures, length, tracks. */
export const useTitleFilm = (slug: string | undefined) =>
  useQuery({ queryKey: ['title', 'film', slug], queryFn: ({ signal }): Promise<Title> => api.titleGet(slug ?? '', { signal, headers: words() }), enabled: slug !== undefined });

export async function titleSave(whole: EditorTitle, patch: Partial<TitleFields>, fields: TitleFields): Promise<TitleFields> {
  return fieldsOf(await api.editorTitleUpdate(whole.id, changeOf(patch, fields, whole.lang)));
}

export function useTitleChanged(id: string) {
  const client = useQueryClient();
  return () => {
    void client.invalidateQueries({ queryKey: ['titles'] });
    void client.invalidateQueries({ queryKey: docKey(id) });
  };
}

export const useTitleQuality = (id: string, wanted: boolean) =>
  useQuery({
    queryKey: ['title', 'quality', id], queryFn: ({ signal }) => api.titleQuality(id, { signal }), enabled: wanted,
    /* It is made behind the film: looked for again until it is there. */
    refetchInterval: ({ state }) => (state.data && state.data.import_id && !state.data.made_at ? 15_000 : false),
  });

export const useTitleLadder = (id: string) => useQuery({ queryKey: ['title', 'ladder', id], queryFn: ({ signal }) => api.titleLadder(id, { signal }), retry: false });

export function useEncodeAgain(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (wishes: api.EncodeAgain) => api.titleEncode(id, wishes),
    onSuccess: () => Promise.all([client.invalidateQueries({ queryKey: ['imports'] }), client.invalidateQueries({ queryKey: ['title', 'ladder', id] })]),
  });
}

/** from: a file, a moment of the film in seconds, or null: what the film itself gave. */
export type ArtworkKind = 'poster' | 'backdrop' | 'still' | 'logo';
export function useArtwork(id: string, slug: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ kind, from }: { kind: ArtworkKind; from: File | number | null }) => {
      if (from === null) return api.editorTitleArtworkDelete(id, kind);
      if (typeof from === 'number') return api.editorTitleArtworkFromFilm(id, kind, { at_s: from });
      return api.editorTitleArtworkReplace(id, kind, from, { headers: { 'content-type': from.type || 'application/octet-stream' } });
    },
    /* The title's revision grows with it: what is edited next goes out with the new one. */
    onSuccess: () => Promise.all([client.invalidateQueries({ queryKey: docKey(id) }), client.invalidateQueries({ queryKey: ['title', 'film', slug] }), client.invalidateQueries({ queryKey: ['titles'] })]),
  });
}
