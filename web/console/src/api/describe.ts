/* describe.ts - what a title is described with: people and studios found by name, collections, systems of ratings, the house's own fields. */
import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import * as api from '@shared/api/client';

type Page<Item> = { items: Item[]; next_cursor: string | null };
const MOST = 500; /* more than a list to choose from can use */

async function all<Item>(ask: (cursor: string | undefined) => Promise<Page<Item>>): Promise<Item[]> {
  const items: Item[] = [];
  let cursor: string | undefined;
  do {
    const page = await ask(cursor);
    items.push(...page.items);
    cursor = page.next_cursor ?? undefined;
  } while (cursor && items.length < MOST);
  return items;
}

export const usePeopleFound = (q: string) =>
  useQuery({ queryKey: ['things', 'people', 'found', q], queryFn: ({ signal }) => api.editorPersonList({ q, limit: 8 }, { signal }), enabled: q.length > 0, placeholderData: keepPreviousData, select: (page) => page.items });

export const useStudiosFound = (q: string) =>
  useQuery({ queryKey: ['things', 'studios', 'found', q], queryFn: ({ signal }) => api.editorStudioList({ q, limit: 20 }, { signal }), placeholderData: keepPreviousData, select: (page) => page.items });

export function useStudioCreate() {
  const client = useQueryClient();
  return useMutation({ mutationFn: (name: string) => api.editorStudioCreate({ name }), onSuccess: () => client.invalidateQueries({ queryKey: ['things', 'studios'] }) });
}

export const useCollections = () =>
  useQuery({ queryKey: ['things', 'collections', 'all', 'plain'], queryFn: ({ signal }) => all((cursor) => api.editorCollectionList({ cursor, limit: 50 }, { signal })), staleTime: 60_000 });

/** A collection's own list is changed: the title joins at its end, or leaves it. */
export function useCollectionMember(title: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async ({ collection, member }: { collection: string; member: boolean }) => {
      const { id, slug, position, published, texts, titles = [] } = await api.editorCollectionGet(collection);
      const others = titles.filter((one) => one !== title);
      return await api.editorCollectionPut(id, { slug, position, published, texts, titles: member ? [...others, title] : others });
    },
    onSettled: () => Promise.all([client.invalidateQueries({ queryKey: ['title', title] }), client.invalidateQueries({ queryKey: ['things', 'collections'] })]),
  });
}

export const useOwnFields = () =>
  useQuery({
    queryKey: ['things', 'custom-fields', 'all', 'plain'], queryFn: ({ signal }) => all((cursor) => api.editorFieldList({ cursor, limit: 50 }, { signal })), staleTime: 60_000,
    select: (fields) => [...fields].sort((a, b) => (a.position ?? 0) - (b.position ?? 0) || a.label.localeCompare(b.label)),
  });

export const useRatingSystems = () => useQuery({ queryKey: ['rating-systems'], queryFn: ({ signal }) => api.editorRatingSystems({ signal }), staleTime: Infinity, select: (list) => list.items });
