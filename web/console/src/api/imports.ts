/* imports.ts - films on their way in: the list, one that is watched while it runs, cancel, retry. */
import { useInfiniteQuery, useMutation, useQueryClient, type InfiniteData } from '@tanstack/react-query';
import { useEffect } from 'react';
import * as api from '@shared/api/client';
import type { Import, ImportList } from '@shared/api/client';
import { queryClient } from './queries';

const key = ['imports'];
type Pages = InfiniteData<ImportList, string | undefined>;

export const isLive = (one: Import): boolean => one.state === 'queued' || one.state === 'running';

/** Puts one import into the lists that show it; a new one in front. */
function importShow(fresh: Import): void {
  queryClient.setQueryData<Pages>(key, (data) => {
    if (!data) return data;
    let known = false;
    const pages = data.pages.map((page) => ({ ...page, items: page.items.map((one) => (one.id === fresh.id ? ((known = true), fresh) : one)) }));
    const [first, ...rest] = pages;
    return known || !first ? { ...data, pages } : { ...data, pages: [{ ...first, items: [fresh, ...first.items] }, ...rest] };
  });
}

export function useImports() {
  return useInfiniteQuery({
    queryKey: key,
    queryFn: ({ pageParam, signal }) => api.importList({ cursor: pageParam, limit: 50 }, { signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    /* What waits moves up; what runs tells by itself (below). */
    refetchInterval: (query) => (query.state.data?.pages.some((page) => page.items.some(isLive)) ? 4000 : 20_000),
  });
}

/* A browser has six connections to a server over HTTP/1.1, and a stream holds one. */
const STREAMS = 2;

/** Live progress of the imports that run, by events. */
export function useImportStreams(imports: Import[]): void {
  const client = useQueryClient();
  const ids = imports.filter((one) => one.state === 'running').slice(0, STREAMS).map((one) => one.id).join(' ');
  useEffect(() => {
    const streams = ids.split(' ').filter(Boolean).map((id) => {
      const stream = api.importEventsStream(id);
      stream.addEventListener('import', (event) => {
        const fresh = JSON.parse((event as MessageEvent<string>).data) as Import;
        importShow(fresh);
        if (!isLive(fresh)) {
          stream.close();
          void client.invalidateQueries({ queryKey: ['titles'] });
        }
      });
      return stream;
    });
    return () => streams.forEach((stream) => stream.close());
  }, [ids, client]);
}

export const useImportCancel = () => useMutation({ mutationFn: (id: string) => api.importCancel(id), onSuccess: importShow });
export const useImportRetry = () => useMutation({ mutationFn: (id: string) => api.importRetry(id), onSuccess: importShow });
