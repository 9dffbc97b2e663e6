/*
 * things.ts - what titles name: people, genres, studios, collections, own fields. All five are one flat document here, so that one
 * screen lists, describes and drops them; how each goes over the wire stands in the table.
 */
import { keepPreviousData, useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import * as api from '@shared/api/client';
import type { EditorUse, EditorUseTitle } from '@shared/api/client';
import { slugOf } from '../lib/slug';

export const thingKinds = ['people', 'genres', 'studios', 'collections', 'fields'] as const;
export type ThingKind = (typeof thingKinds)[number];
/** These stand in an order that people give them. */
export const ordered: ReadonlySet<ThingKind> = new Set(['genres', 'collections', 'fields']);

export type FieldType = api.EditorField['type'];
export interface ThingDoc {
  /** Of a field: its key. */
  slug: string;
  /** Of genres and collections: in no language, and empty. */
  name: string;
  sortName: string;
  bio: string;
  names: Record<string, string>;
  synopses: Record<string, string>;
  position: number;
  published: boolean;
  titles: string[];
  type: FieldType;
  required: boolean;
  options: string[];
}
export interface Thing {
  id: string;
  doc: ThingDoc;
  /** Grows with every change of it. */
  revision: number;
}
export const docNew: ThingDoc = { slug: '', name: '', sortName: '', bio: '', names: {}, synopses: {}, position: 0, published: false, titles: [], type: 'text', required: false, options: [] };

type Page<T> = { items: T[]; next_cursor: string | null };
type Ask = { q?: string | undefined; cursor?: string | undefined; limit?: number };
interface Wire<One, Put> {
  list: (query: Ask, call: api.Call) => Promise<Page<One>>;
  get: (id: string, call: api.Call) => Promise<One>;
  create: (body: Put) => Promise<One>;
  put: (id: string, body: Put) => Promise<One>;
  drop: (id: string, query: { detach: boolean }) => Promise<void>;
  titles: (id: string, query: { cursor?: string | undefined; limit?: number }, call: api.Call) => Promise<EditorUse>;
  order?: (body: { items: string[] }) => Promise<void>;
  read: (one: One) => Partial<ThingDoc>;
  body: (doc: ThingDoc) => Put;
}

const byLang = <T extends { lang: string }>(texts: readonly T[] | undefined, of: (text: T) => string | undefined): Record<string, string> => Object.fromEntries((texts ?? []).map((text) => [text.lang, of(text) ?? '']));
const written = (names: Record<string, string>): [string, string][] => Object.entries(names).map(([lang, name]): [string, string] => [lang, name.trim()]).filter(([, name]) => name);
const namesOut = (doc: ThingDoc) => written(doc.names).map(([lang, name]) => ({ lang, name }));
const slugOut = (doc: ThingDoc) => (doc.slug.trim() ? { slug: doc.slug.trim() } : {});

const people: Wire<api.EditorPerson, api.EditorPersonPut> = {
  list: api.editorPersonList, get: api.editorPersonGet, create: api.editorPersonCreate, put: api.editorPersonPut, drop: api.editorPersonDelete, titles: api.editorPersonTitles,
  read: (one) => ({ slug: one.slug, name: one.name, sortName: one.sort_name === one.name ? '' : (one.sort_name ?? ''), bio: one.bio ?? '', names: byLang(one.texts, (text) => text.name) }),
  body: (doc) => ({ ...slugOut(doc), name: doc.name.trim(), sort_name: doc.sortName.trim(), bio: doc.bio.trim(), texts: namesOut(doc) }),
};
const genres: Wire<api.EditorGenre, api.EditorGenrePut> = {
  list: api.editorGenreList, get: api.editorGenreGet, create: api.editorGenreCreate, put: api.editorGenrePut, drop: api.editorGenreDelete, titles: api.editorGenreTitles, order: api.editorGenreOrder,
  read: (one) => ({ slug: one.slug, position: one.position ?? 0, names: byLang(one.texts, (text) => text.name) }),
  body: (doc) => ({ ...slugOut(doc), position: doc.position, texts: namesOut(doc) }),
};
const studios: Wire<api.EditorStudio, api.EditorStudioPut> = {
  list: api.editorStudioList, get: api.editorStudioGet, create: api.editorStudioCreate, put: api.editorStudioPut, drop: api.editorStudioDelete, titles: api.editorStudioTitles,
  read: (one) => ({ slug: one.slug, name: one.name }),
  body: (doc) => ({ ...slugOut(doc), name: doc.name.trim() }),
};
const collections: Wire<api.EditorCollection, api.EditorCollectionPut> = {
  list: api.editorCollectionList, get: api.editorCollectionGet, create: api.editorCollectionCreate, put: api.editorCollectionPut, drop: api.editorCollectionDelete, titles: api.editorCollectionTitles, order: api.editorCollectionOrder,
  read: (one) => ({ slug: one.slug, position: one.position ?? 0, published: one.published ?? false, titles: one.titles ?? [], names: byLang(one.texts, (text) => text.name), synopses: byLang(one.texts, (text) => text.synopsis) }),
  body: (doc) => ({ ...slugOut(doc), position: doc.position, published: doc.published, titles: doc.titles, texts: written(doc.names).map(([lang, name]) => ({ lang, name, synopsis: doc.synopses[lang]?.trim() ?? '' })) }),
};
const fields: Wire<api.EditorField, api.EditorFieldPut> = {
  list: api.editorFieldList, get: api.editorFieldGet, create: api.editorFieldCreate, put: api.editorFieldPut, drop: api.editorFieldDelete, titles: api.editorFieldTitles, order: api.editorFieldOrder,
  read: (one) => ({ slug: one.name, name: one.label, position: one.position ?? 0, type: one.type, required: one.required ?? false, options: one.options ?? [] }),
  body: (doc) => ({ name: doc.slug.trim() || slugOf(doc.name, 'field'), label: doc.name.trim(), type: doc.type, required: doc.required, position: doc.position, ...(doc.type === 'choice' ? { options: doc.options } : {}) }),
};

/** The same calls, of documents. */
function plain<One extends { id: string; revision: number }, Put>(wire: Wire<One, Put>) {
  const thing = (one: One): Thing => ({ id: one.id, revision: one.revision, doc: { ...docNew, ...wire.read(one) } });
  return {
    of: thing,
    list: async (query: Ask, call: api.Call): Promise<Page<Thing>> => wire.list(query, call).then((page) => ({ ...page, items: page.items.map(thing) })),
    get: (id: string, call: api.Call) => wire.get(id, call).then(thing),
    create: (doc: ThingDoc) => wire.create(wire.body(doc)).then(thing),
    put: (id: string, doc: ThingDoc, revision: number) => wire.put(id, { ...wire.body(doc), revision }).then(thing),
    drop: wire.drop, titles: wire.titles, order: wire.order,
  };
}
const calls = { people: plain(people), genres: plain(genres), studios: plain(studios), collections: plain(collections), fields: plain(fields) };

const PAGE = 50;
/** So many can be ordered by hand; more are only found. */
export const ORDER_MAX = 500;
const keyOf = (kind: ThingKind) => ['things', kind];
const oneKey = (kind: ThingKind, id: string) => [...keyOf(kind), 'one', id];

export const useThings = (kind: ThingKind, q: string, enabled = true) =>
  useInfiniteQuery({
    queryKey: [...keyOf(kind), 'found', q],
    queryFn: ({ pageParam, signal }) => calls[kind].list({ q: q || undefined, cursor: pageParam, limit: PAGE }, { signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    placeholderData: keepPreviousData,
    select: (data) => data.pages.flatMap((page) => page.items),
    enabled,
  });

async function pagesAll<T>(page: (cursor: string | undefined) => Promise<Page<T>>, most: number): Promise<{ items: T[]; more: boolean }> {
  const items: T[] = [];
  for (let cursor: string | undefined; ; ) {
    const { items: some, next_cursor } = await page(cursor);
    items.push(...some);
    if (!next_cursor || items.length >= most) return { items, more: next_cursor !== null };
    cursor = next_cursor;
  }
}
const byPlace = (a: Thing, b: Thing): number => a.doc.position - b.doc.position || a.id.localeCompare(b.id);
export type ThingOrder = { items: Thing[]; more: boolean };
const orderKey = (kind: ThingKind) => [...keyOf(kind), 'order'];
const orderLoad = async (kind: ThingKind, signal?: AbortSignal): Promise<ThingOrder> => {
  const all = await pagesAll((cursor) => calls[kind].list({ cursor, limit: PAGE }, signal ? { signal } : {}), ORDER_MAX);
  return { ...all, items: all.items.sort(byPlace) };
};

/** All of them, as viewers and editors see them. */
export const useThingOrder = (kind: ThingKind, enabled: boolean) => useQuery({ queryKey: orderKey(kind), queryFn: ({ signal }) => orderLoad(kind, signal), enabled, staleTime: 0 });

/** Shown at once; what the server refuses goes back to what it has. */
export function useThingOrderSave(kind: ThingKind) {
  const client = useQueryClient();
  const save = useMutation({
    mutationFn: (items: string[]) => calls[kind].order?.({ items }) ?? Promise.resolve(),
    onSettled: () => client.invalidateQueries({ queryKey: keyOf(kind) }),
  });
  const show = (items: Thing[]) => client.setQueryData<ThingOrder>(orderKey(kind), (now) => (now ? { ...now, items } : now));
  return { save, show };
}

export const useThing = (kind: ThingKind, id: string | null) => useQuery({ queryKey: oneKey(kind, id ?? ''), queryFn: ({ signal }) => calls[kind].get(id ?? '', { signal }), enabled: id !== null, staleTime: 0 });

function useChanged(kind: ThingKind) {
  const client = useQueryClient();
  return (thing: Thing | null, gone?: string) => {
    if (thing) client.setQueryData(oneKey(kind, thing.id), thing);
    if (gone) client.removeQueries({ queryKey: oneKey(kind, gone) });
    void client.invalidateQueries({ queryKey: keyOf(kind), predicate: ({ queryKey: [, , what, of] }) => what !== 'one' && (!gone || of !== gone) });
    void client.invalidateQueries({ queryKey: ['title'] });
    if (kind === 'genres') void client.invalidateQueries({ queryKey: ['genres'] });
  };
}

/** A new one stands behind the others. */
export function useThingSave(kind: ThingKind) {
  const changed = useChanged(kind);
  return useMutation({
    mutationFn: async ({ id, doc, revision }: { id: string | null; doc: ThingDoc; revision: number }) => {
      if (id) return calls[kind].put(id, doc, revision);
      const last = ordered.has(kind) ? (await orderLoad(kind)).items.at(-1) : undefined;
      return calls[kind].create({ ...doc, position: last ? last.doc.position + 1 : 0 });
    },
    onSuccess: (thing) => changed(thing),
  });
}

export function useThingDrop(kind: ThingKind, id: string) {
  const changed = useChanged(kind);
  return useMutation({ mutationFn: (detach: boolean) => calls[kind].drop(id, { detach }), onSuccess: () => changed(null, id) });
}

export const useThingTitles = (kind: ThingKind, id: string | null) =>
  useInfiniteQuery({
    queryKey: [...keyOf(kind), 'titles', id],
    queryFn: ({ pageParam, signal }) => calls[kind].titles(id ?? '', { cursor: pageParam, limit: PAGE }, { signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    select: (data) => ({ count: data.pages[0]?.count ?? 0, items: data.pages.flatMap((page) => page.items) }),
    enabled: id !== null,
  });

/** What the titles of a collection are called: all of them, for they are put into their order by hand. */
export const useCollectionTitles = (id: string | null) =>
  useQuery({
    queryKey: [...keyOf('collections'), 'names', id],
    queryFn: async ({ signal }): Promise<EditorUseTitle[]> => (await pagesAll((cursor) => calls.collections.titles(id ?? '', { cursor, limit: PAGE }, { signal }), 1000)).items,
    enabled: id !== null,
  });

export function useMerge(id: string) {
  const changed = useChanged('people');
  return useMutation({ mutationFn: async (others: string[]): Promise<Thing> => calls.people.of(await api.editorPersonMerge(id, { others })), onSuccess: (thing) => changed(thing) });
}

/** Every genre with its names, in the order that viewers see. */
export const useGenreThings = () =>
  useQuery({
    queryKey: ['things', 'genres', 'all'],
    queryFn: async ({ signal }) => (await pagesAll<api.EditorGenre>((cursor) => api.editorGenreList({ cursor, limit: PAGE }, { signal }), ORDER_MAX)).items.sort((a, b) => (a.position ?? 0) - (b.position ?? 0)),
    staleTime: 60_000,
  });
