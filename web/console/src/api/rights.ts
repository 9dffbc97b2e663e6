/* rights.ts - what may be shown where and when: the calendar, and what to look at before it happens. */
import { useInfiniteQuery } from '@tanstack/react-query';
import * as api from '@shared/api/client';

export const useRights = (from: string, to: string) =>
  useInfiniteQuery({
    queryKey: ['rights', from, to],
    queryFn: ({ pageParam, signal }) => api.editorRightList({ from, to, cursor: pageParam, limit: 50 }, { signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });

export const useRightsWarnings = () =>
  useInfiniteQuery({
    queryKey: ['rights', 'warnings'],
    queryFn: ({ pageParam, signal }) => api.editorRightWarningList({ cursor: pageParam }, { signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    select: (data) => data.pages.flatMap((page) => page.items),
  });
