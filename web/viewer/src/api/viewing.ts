/* viewing.ts - my list, history and ratings through TanStack Query, and the stream that keeps every device in step. */
import { useEffect } from 'react';
import { useInfiniteQuery, useMutation, useQuery, type InfiniteData } from '@tanstack/react-query';
import * as api from '@shared/api/client';
import type { TitleState } from '@shared/api/client';
import { queryClient, useSession } from './queries';

const keys = {
  myList: ['my-list'],
  history: ['history'],
  state: (id: string) => ['title-state', id],
};

export const useMyList = () =>
  useInfiniteQuery({
    queryKey: keys.myList,
    queryFn: ({ pageParam, signal }) => api.myListGet({ cursor: pageParam, limit: 48 }, { signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });

export const useHistory = () =>
  useInfiniteQuery({
    queryKey: keys.history,
    queryFn: ({ pageParam, signal }) => api.historyGet({ cursor: pageParam, limit: 24 }, { signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });

export const useTitleState = (id: string) => useQuery({ queryKey: keys.state(id), queryFn: ({ signal }) => api.titleStateGet(id, { signal }) });

function stateChanged(state: TitleState): void {
  queryClient.setQueryData(keys.state(state.title_id), state);
}

export const useListPut = (id: string) =>
  useMutation({
    mutationFn: (listed: boolean) => api.myListPut(id, { listed }),
    onSuccess: (state) => {
      stateChanged(state);
      void queryClient.invalidateQueries({ queryKey: keys.myList });
    },
  });

export const useRatingPut = (id: string) =>
  useMutation({ mutationFn: (rating: 'like' | 'dislike' | null) => api.ratingPut(id, { rating }), onSuccess: stateChanged });

export const useHistoryRemove = () =>
  useMutation({
    mutationFn: (id: string) => api.historyRemove(id),
    onSuccess: (_, id) => {
      queryClient.setQueryData<InfiniteData<api.History>>(keys.history, (data) => data && { ...data, pages: data.pages.map((page) => ({ ...page, items: page.items.filter((seen) => seen.title.id !== id) })) });
      heard('progress', id);
    },
  });

/** Lists that are on the screen ask again at once, the others when they are next looked at. */
function heard(what: string, id: string): void {
  void queryClient.invalidateQueries({ queryKey: keys.state(id) });
  if (what === 'list') void queryClient.invalidateQueries({ queryKey: keys.myList });
  if (what === 'progress') for (const queryKey of [keys.history, ['home'], ['title']]) void queryClient.invalidateQueries({ queryKey });
}

/** Somebody stopped this playback from another device: the player of it asks the server at once. */
export const STOPPED = 'matinee-stopped';

/** One stream while the page is looked at; what was missed meanwhile is asked for again. */
export function useViewingEvents(): void {
  const profile = useSession().data?.profile.id;
  useEffect(() => {
    if (!profile) return;
    let stream: EventSource | null = null;
    let opened = false;
    const all = () => ['my-list', 'history', 'title-state', 'home', 'title'].forEach((key) => void queryClient.invalidateQueries({ queryKey: [key] }));
    const look = () => {
      if (document.visibilityState === 'hidden') {
        stream?.close();
        stream = null;
      } else if (!stream) {
        stream = api.viewingEventsStream();
        stream.addEventListener('ready', () => {
          if (opened) all();
          opened = true;
        });
        stream.addEventListener('resync', all);
        stream.addEventListener('changed', (event) => {
          const { what, id } = JSON.parse((event as MessageEvent<string>).data) as { what: string; id: string };
          if (what === 'stopped') dispatchEvent(new CustomEvent(STOPPED, { detail: id }));
          else heard(what, id);
        });
      }
    };
    look();
    document.addEventListener('visibilitychange', look);
    return () => {
      document.removeEventListener('visibilitychange', look);
      stream?.close();
    };
  }, [profile]);
}
