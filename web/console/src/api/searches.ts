/* searches.ts - what people looked for and did not find, and saying which title they meant. */
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import * as api from '@shared/api/client';

export const useMisses = () =>
  useInfiniteQuery({
    queryKey: ['searches'],
    queryFn: ({ pageParam, signal }) => api.editorSearcheList({ cursor: pageParam }, { signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    select: (data) => data.pages.flatMap((page) => page.items),
  });

/** title null: nothing was meant, or nothing that there is; the query is forgotten. */
export function useMissSettle() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ query, title }: { query: string; title: string | null }) => api.editorSearchSettle({ query, title_id: title }),
    onSuccess: () => Promise.all([client.invalidateQueries({ queryKey: ['searches'] }), client.invalidateQueries({ queryKey: ['titles'] })]),
  });
}
