/*
 * queries.ts - server state, all of it, through TanStack Query. Screens use these hooks and never fetch.
 */
import { keepPreviousData, onlineManager, QueryCache, QueryClient, useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import * as api from '@shared/api/client';
import { ApiError, type Home, type Playback, type Session, type TitleCard } from '@shared/api/client';
import { eventsForget } from '../events/queue';
import { languageHeader } from '../messages';
import { deviceRemember } from '../lib/store';
import { isTv } from '../lib/tv';
import { deviceDescribe } from '../player/device';

/** The session ended on the server: the sign-in page comes up. The player says so itself first. */
function sessionLost(error: unknown, key: readonly unknown[]): void {
  if (error instanceof ApiError && error.status === 401 && key[0] !== 'playback' && key[0] !== 'session') sessionForget();
}

/* It takes the first moment for online, and would not notice the return of a page that was opened without a connection. */
onlineManager.setOnline(navigator.onLine);

export const queryClient = new QueryClient({
  queryCache: new QueryCache({ onError: (error, query) => sessionLost(error, query.queryKey) }),
  defaultOptions: {
    queries: {
      staleTime: 30_000,
      /* What the server decided doesn't change by asking again; a lost connection does. */
      retry: (tries, error) => tries < 2 && (!(error instanceof ApiError) || error.status === 0 || error.status >= 502),
      retryDelay: (tries) => Math.min(400 * 2 ** tries, 4000),
      refetchOnWindowFocus: false,
      refetchOnReconnect: true,
      networkMode: 'always', /* navigator.onLine lies on virtual networks; the request itself tells */
    },
    mutations: { networkMode: 'always' },
  },
});

/** What a list of titles is narrowed to. */
export type Narrow = Pick<NonNullable<Parameters<typeof api.titleList>[0]>, 'genre' | 'kind' | 'lang' | 'sort' | 'year_from' | 'year_to'>;

const keys = {
  session: ['session'],
  home: ['home'],
  titles: (q: string) => ['titles', q],
  browse: (what: Narrow, limit: number) => ['titles', 'by', what, limit],
  genres: ['genres'],
  person: (slug: string) => ['person', slug],
  collections: ['collections'],
  collection: (slug: string) => ['collection', slug],
  title: (slug: string) => ['title', slug],
};

export function useSession() {
  return useQuery({
    queryKey: keys.session,
    queryFn: async ({ signal }): Promise<Session | null> => {
      try {
        return (await api.sessionGet({ signal })) ?? null; /* nothing: nobody has signed in on this browser */
      } catch (error) {
        if (error instanceof ApiError && error.status === 401) return null;
        throw error;
      }
    },
    staleTime: 5 * 60_000,
  });
}

export const useHome = () => useQuery({ queryKey: keys.home, queryFn: ({ signal }) => api.homeGet({ platform: isTv() ? 'tv' : undefined }, { signal, headers: languageHeader() }) });

export function useTitles(q: string) {
  return useInfiniteQuery({
    queryKey: keys.titles(q),
    queryFn: ({ pageParam, signal }) => api.titleList({ q: q || undefined, cursor: pageParam, limit: 48 }, { signal, headers: languageHeader() }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    placeholderData: keepPreviousData,
  });
}

/** What results may be narrowed by; a decade by its first year. */
export type Facet = 'kind' | 'genre' | 'lang' | 'decade';

export function useSearch(q: string, { kind, genre, lang, decade }: Partial<Record<Facet, string>>) {
  const from = decade ? Number(decade) : undefined;
  return useInfiniteQuery({
    queryKey: ['search', q, kind, genre, lang, decade],
    queryFn: ({ pageParam, signal }) =>
      api.searchGet({ q, kind, genre, lang, year_from: from, year_to: from === undefined ? undefined : from + 9, cursor: pageParam }, { signal, headers: languageHeader() }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    placeholderData: keepPreviousData,
  });
}

export function useBrowse(what: Narrow, limit = 48, enabled = true) {
  return useInfiniteQuery({
    queryKey: keys.browse(what, limit),
    queryFn: ({ pageParam, signal }) => api.titleList({ ...what, cursor: pageParam, limit }, { signal, headers: languageHeader() }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    placeholderData: keepPreviousData,
    enabled,
  });
}

export const useGenres = () => useQuery({ queryKey: keys.genres, queryFn: ({ signal }) => api.genreList({ signal, headers: languageHeader() }), staleTime: 10 * 60_000 });

export const usePerson = (slug: string) => useQuery({ queryKey: keys.person(slug), queryFn: ({ signal }) => api.personGet(slug, { signal, headers: languageHeader() }) });

export const useCollections = () => useQuery({ queryKey: keys.collections, queryFn: ({ signal }) => api.collectionList({ signal, headers: languageHeader() }), staleTime: 10 * 60_000 });

export function useCollection(slug: string) {
  return useInfiniteQuery({
    queryKey: keys.collection(slug),
    queryFn: ({ pageParam, signal }) => api.collectionGet(slug, { cursor: pageParam }, { signal, headers: languageHeader() }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
}

export const useTitle = (slug: string) =>
  useQuery({ queryKey: keys.title(slug), queryFn: ({ signal }) => api.titleGet(slug, { signal, headers: languageHeader() }) });

/** The card of a title that some list has shown already: its page starts from it instead of from nothing. */
export function useKnownCard(slug: string): TitleCard | undefined {
  const home = useQueryClient().getQueryData<Home>(keys.home);
  return [...(home?.heroes.map((hero) => hero.title) ?? []), ...(home?.rows.flatMap((row) => row.items) ?? [])].find((card) => card?.slug === slug);
}

/** Its name as it is drawn, where home has shown that. */
export const useKnownLogo = (slug: string) => useQueryClient().getQueryData<Home>(keys.home)?.heroes.find((hero) => hero.title.slug === slug)?.logo;

/** After another person came or went nothing of the former one may stay on the screen or in memory. */
export function sessionReplace(client: QueryClient, session: Session | null): void {
  eventsForget(); /* they were the former person's */
  client.removeQueries({ predicate: (query) => query.queryKey[0] !== keys.session[0] });
  client.setQueryData(keys.session, session);
}

export function useSignIn() {
  const client = useQueryClient();
  return useMutation({ mutationFn: (body: Parameters<typeof api.sessionCreate>[0]) => api.sessionCreate(body), onSuccess: (session) => sessionReplace(client, session) });
}

export function useSignUp() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: Parameters<typeof api.accountCreate>[0]) => api.accountCreate(body),
    /* Nothing in the answer: a letter comes first, and nobody is signed in yet. */
    onSuccess: (session: Session | undefined) => session && sessionReplace(client, session),
  });
}

export function useSignOut() {
  const client = useQueryClient();
  return useMutation({ mutationFn: () => api.sessionDelete(), onSuccess: () => sessionReplace(client, null) });
}

export const useExport = () => useMutation({ mutationFn: () => api.meExportGet() });

export function useDeleteAccount() {
  const client = useQueryClient();
  return useMutation({ mutationFn: (body: { password?: string }) => api.meDelete(body), onSuccess: () => sessionReplace(client, null) });
}

/** The session ended somewhere else: show the sign-in page at the next step. */
export const sessionForget = (): void => sessionReplace(queryClient, null);

/** Positions moved while watching: lists ask again when they are next on the screen. */
export function progressChanged(): void {
  void queryClient.invalidateQueries({ queryKey: keys.home });
  void queryClient.invalidateQueries({ queryKey: ['title'] });
}

/** A playback is opened by looking at the player; it is never shared, never cached past it. */
export const usePlayback = (title_id: string | undefined, visit: string, version: string | null) =>
  useQuery({
    queryKey: ['playback', title_id, version, visit],
    queryFn: () => playbackOpen(title_id ?? '', version),
    enabled: title_id !== undefined,
    staleTime: Infinity,
    gcTime: 0,
    retry: (tries, error) => tries < 2 && error instanceof ApiError && (error.status === 0 || error.status >= 502),
  });

/** version: another cut of the title than the main one. */
export async function playbackOpen(title_id: string, version: string | null): Promise<Playback> {
  const playback = await api.playbackCreate({ title_id, ...(version ? { version_id: version } : {}), device: await deviceDescribe() }, { headers: languageHeader() });
  deviceRemember(playback.device_id);
  return playback;
}
