/* titles.ts - the catalogue as an editor sees it: lists with what is not published, one title as a flat document that is saved as it is edited. */
import { keepPreviousData, useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import * as api from '@shared/api/client';
import type { Title, TitleCard, TitleChange } from '@shared/api/client';
import { languageNow } from '../messages';

export interface TitleFilter {
  q: string;
  state: 'all' | 'published' | 'unpublished';
  lang: string;
}
export const noFilter: TitleFilter = { q: '', state: 'all', lang: '' };

export interface TitleRow extends TitleCard {
  published: boolean;
}
interface TitlePage {
  items: TitleRow[];
  next: string | null;
  publishedNext: string | null;
  published: ReadonlySet<string>;
}

const words = (): Record<string, string> => ({ 'accept-language': languageNow() });

/*
 * A card does not say whether it is published, but both lists have one order: of the first n titles those that are published are
 * among the first n of the published ones.
 */
async function pageLoad(filter: TitleFilter, before: TitlePage | undefined, signal: AbortSignal): Promise<TitlePage> {
  const query = { q: filter.q || undefined, lang: filter.lang || undefined, limit: 50 };
  const call = { signal, headers: words() };
  const [all, shown] = await Promise.all([
    api.titleList({ ...query, unpublished: true, cursor: before?.next ?? undefined }, call),
    before && !before.publishedNext ? null : api.titleList({ ...query, cursor: before?.publishedNext ?? undefined }, call),
  ]);
  const published = new Set([...(before?.published ?? []), ...(shown?.items.map((card) => card.id) ?? [])]);
  const items = all.items.map((card) => ({ ...card, published: published.has(card.id) }));
  return { items, next: all.next_cursor, publishedNext: shown?.next_cursor ?? null, published };
}

export function useTitles(filter: TitleFilter) {
  return useInfiniteQuery({
    queryKey: ['titles', filter.q, filter.lang],
    queryFn: ({ pageParam, signal }) => pageLoad(filter, pageParam, signal),
    initialPageParam: undefined as TitlePage | undefined,
    getNextPageParam: (page) => (page.next ? page : undefined),
    placeholderData: keepPreviousData,
    select: (data) => data.pages.flatMap((page) => page.items).filter((title) => filter.state === 'all' || title.published === (filter.state === 'published')),
  });
}

export const useTitleSearch = (q: string) =>
  useQuery({
    queryKey: ['titles', 'palette', q],
    queryFn: ({ signal }) => api.titleList({ q, unpublished: true, limit: 8 }, { signal, headers: words() }),
    enabled: q.length > 0,
    placeholderData: keepPreviousData,
  });

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
          await api.titleUpdate(one, { published }).then(() => done.push(one), (error) => failed.push(error));
        }
      };
      await Promise.all([work(), work(), work()]);
      return { done, failed };
    },
    onSettled: () => client.invalidateQueries({ queryKey: ['titles'] }),
  });
}

/** Fields of the editor: "name", "synopsis" in the title's own language, "name.de" in another. */
export type TitleFields = { year: number | null; maturity: number; published: boolean } & Record<string, unknown>;
export interface TitleDoc {
  title: Title;
  fields: TitleFields;
}

const docKey = (slug: string) => ['title', slug];
/* A language that nothing is written in: the answer is in the title's own. */
const own = { 'accept-language': 'zxx' };

export function docOf(title: Title, texts: Record<string, Title>): TitleDoc {
  const fields: TitleFields = { year: title.year ?? null, maturity: title.maturity, published: title.published, name: title.name, synopsis: title.synopsis };
  for (const [lang, text] of Object.entries(texts)) {
    /* What is not written in a language is answered in the title's own. */
    fields[`name.${lang}`] = text.name === title.name ? '' : text.name;
    fields[`synopsis.${lang}`] = text.synopsis === title.synopsis ? '' : text.synopsis;
  }
  return { title, fields };
}

export function useTitleDoc(slug: string, langs: readonly string[]) {
  return useQuery({
    queryKey: [...docKey(slug), langs.join(' ')],
    queryFn: async ({ signal }) => {
      const title = await api.titleGet(slug, { signal, headers: own });
      const texts = await Promise.all(langs.map(async (lang) => [lang, await api.titleGet(slug, { signal, headers: { 'accept-language': lang } })] as const));
      return docOf(title, Object.fromEntries(texts));
    },
    staleTime: 0,
    placeholderData: keepPreviousData,
  });
}

/** One request for each language that has changed; the title's own facts go with the first. */
export function changesOf(patch: Record<string, unknown>): TitleChange[] {
  const facts: TitleChange = {};
  const byLang = new Map<string, TitleChange>();
  for (const [key, value] of Object.entries(patch)) {
    const [field, lang = ''] = key.split('.');
    if (field === 'name' || field === 'synopsis') byLang.set(lang, { ...byLang.get(lang), ...(lang ? { lang } : {}), [field]: value });
    else Object.assign(facts, { [key]: value });
  }
  const [first, ...rest] = [...byLang.values()];
  return first || Object.keys(facts).length ? [{ ...first, ...facts }, ...rest] : [];
}

export async function titleSave(id: string, patch: Partial<TitleFields>, whole: TitleFields): Promise<TitleFields> {
  let known: Partial<TitleFields> = {};
  for (const change of changesOf(patch)) {
    const answer = await api.titleUpdate(id, change);
    known = { ...known, year: answer.year ?? null, maturity: answer.maturity, published: answer.published };
  }
  return { ...whole, ...known };
}

export function useTitleChanged(slug: string) {
  const client = useQueryClient();
  return () => {
    void client.invalidateQueries({ queryKey: ['titles'] });
    void client.invalidateQueries({ queryKey: docKey(slug) });
  };
}

/** The newest, for lists to choose from before anything is typed. */
export const useTitleNames = () => useQuery({ queryKey: ['titles', 'names'], queryFn: ({ signal }) => api.titleList({ unpublished: true, limit: 50 }, { signal, headers: words() }), select: (page) => page.items });
