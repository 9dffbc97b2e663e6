/* uploads.ts - the queue of this window, and uploads that an earlier one left behind: both by the server's word on how far they are. */
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback, useSyncExternalStore } from 'react';
import * as api from '@shared/api/client';
import { ApiError, type Session } from '@shared/api/client';
import { keptDrop, keptGet, keptList, markOf, type Kept } from '../lib/kept';
import { Uploads, type Upload } from '../lib/uploads';
import { queryClient } from './queries';
import { transportFor, uploadIdOf, uploadsHeld } from './send';

const account = (): string => queryClient.getQueryData<Session | null>(['session'])?.account.id ?? '';

export const uploads = new Uploads(transportFor(account));
uploads.onSent = () => void queryClient.invalidateQueries({ queryKey: ['imports'] });

addEventListener('online', () => uploads.retryBroken((error) => error instanceof ApiError && error.status === 0));

/* Who leaves the page while a file is going out is asked first. */
addEventListener('beforeunload', (event) => {
  if (uploads.busy) event.preventDefault();
});

export const useUploads = (): readonly Upload[] => useSyncExternalStore(uploads.subscribe, uploads.snapshot);

/** An upload that nobody sends at the moment. */
export interface Left {
  id: string;
  name: string;
  size: number;
  sent: number;
  at: string;
  /** What this browser knows of it; absent: it was begun in another. */
  kept: Kept | undefined;
}

const key = ['uploads', 'left'];

/** What was begun and not ended; what this window sends right now is not among them. */
export function useLeft(): { list: Left[]; giveUp: (one: Left) => Promise<void> } {
  const client = useQueryClient();
  const query = useQuery({
    queryKey: key,
    queryFn: async ({ signal }): Promise<Left[]> => {
      const [page, kept, held] = await Promise.all([api.uploadList({ limit: 100 }, { signal }), keptList(account()), uploadsHeld()]);
      const byId = new Map(kept.map((one) => [uploadIdOf(one.url), one]));
      return page.items.filter((one) => one.state === 'open' && !held.has(one.id)).map((one) => ({ id: one.id, name: one.file_name, size: one.size ?? byId.get(one.id)?.size ?? 0, sent: one.offset, at: one.created_at, kept: byId.get(one.id) }));
    },
    staleTime: 0,
  });
  const mine = useUploads();
  const busy = new Set(mine.map((one) => one.url && uploadIdOf(one.url)));
  const giveUp = useCallback(async (one: Left) => {
    if (one.kept) await keptDrop(one.kept.mark);
    await api.uploadDelete(one.id);
    await client.invalidateQueries({ queryKey: key });
  }, [client]);
  return { list: (query.data ?? []).filter((one) => !busy.has(one.id)), giveUp };
}

/** What this browser knows of a file that was being uploaded before: the same name, length and date. */
export const keptOf = (file: File): Promise<Kept | undefined> => keptGet(markOf(account(), file));
