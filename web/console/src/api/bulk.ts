/* bulk.ts - titles by file: what a file would do, doing it, taking it back, what was done before. */
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import * as api from '@shared/api/client';
import type { SheetFormat } from '../lib/fileName';

export interface BulkOrder {
  body: Blob;
  format: SheetFormat;
  dryRun: boolean;
  /** Rows that are right are written though others are wrong. */
  skipErrors?: boolean;
  encoding?: string | undefined;
}

const key = ['bulk'];

export function useBulkRun() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ body, format, dryRun, skipErrors, encoding }: BulkOrder) => api.editorBulk(body, { format, dry_run: dryRun || undefined, skip_errors: skipErrors || undefined, encoding }),
    onSuccess: (_, { dryRun }) => (dryRun ? undefined : Promise.all([['titles'], ['title'], ['genres'], key].map((one) => client.invalidateQueries({ queryKey: one })))),
  });
}

export const useBulkRuns = () =>
  useInfiniteQuery({
    queryKey: key,
    queryFn: ({ pageParam, signal }) => api.editorBulkList({ cursor: pageParam }, { signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    select: (data) => data.pages.flatMap((page) => page.items),
  });

export function useBulkUndo() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ id, force }: { id: string; force: boolean }) => api.editorBulkUndo(id, { force: force || undefined }),
    onSettled: () => Promise.all([['titles'], ['title'], key].map((one) => client.invalidateQueries({ queryKey: one }))),
  });
}
