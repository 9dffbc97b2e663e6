/* rights.ts - what may be shown where and when: the calendar, a title's windows and schedule, and what to look at before it happens. */
import { useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query';
import * as api from '@shared/api/client';
import { changeOfRights, fieldsOfRights, type RightsFields } from '../lib/rightsDoc';

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

const docKey = (id: string) => ['rights', 'title', id];

export const useTitleRights = (id: string) => useQuery({ queryKey: docKey(id), queryFn: async ({ signal }) => api.editorTitleRightList(id, { signal }).then((whole) => ({ whole, fields: fieldsOfRights(whole) })), staleTime: 0 });

/** Of one title; as the server sees it, after each save. */
export const useTitleWarnings = (id: string) => useQuery({ queryKey: [...docKey(id), 'warnings'], queryFn: ({ signal }) => api.editorRightWarningList({ title_id: id }, { signal }), select: (page) => page.items, staleTime: 0 });

export const rightsSave = async (id: string, fields: RightsFields): Promise<RightsFields> => fieldsOfRights(await api.editorTitleRightReplace(id, changeOfRights(fields)));

export function useRightsChanged() {
  const client = useQueryClient();
  return () => {
    void client.invalidateQueries({ queryKey: ['rights'] });
    void client.invalidateQueries({ queryKey: ['titles'] });
  };
}
