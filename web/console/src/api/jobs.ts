/* jobs.ts - the pieces of work on what comes in: the board as it moves, lists, one with its log, and what can be done about it. */
import { keepPreviousData, useInfiniteQuery, useMutation, useQueries, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import * as api from '@shared/api/client';
import type { Job, JobList } from '@shared/api/client';

export type JobFilter = 'now' | 'failed' | 'all';
const key = ['jobs'];

export const jobEnded = (job: Job): boolean => job.state === 'done' || job.state === 'failed' || job.state === 'cancelled';

/** What is under way, by events: each holds all of it. null: nothing heard yet. */
export function useJobBoard(): Job[] | null {
  const [jobs, setJobs] = useState<Job[] | null>(null);
  const client = useQueryClient();
  useEffect(() => {
    const stream = api.jobEventsStream();
    let ended = '';
    stream.addEventListener('jobs', (event) => {
      const { items } = JSON.parse((event as MessageEvent<string>).data) as JobList;
      setJobs(items);
      /* What has ended since is in the lists, too. */
      const now = items.filter(jobEnded).map((one) => one.id).join();
      if (now !== ended) void client.invalidateQueries({ queryKey: key });
      ended = now;
    });
    return () => stream.close();
  }, [client]);
  return jobs;
}

export const useJobs = (filter: JobFilter) =>
  useInfiniteQuery({
    queryKey: [...key, filter],
    queryFn: ({ pageParam, signal }) => api.jobList({ state: filter === 'failed' ? 'failed' : undefined, cursor: pageParam, limit: 50 }, { signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    select: (data) => data.pages.flatMap((page) => page.items),
    enabled: filter !== 'now',
    placeholderData: keepPreviousData,
  });

/** The steps of an import, the first first, each with its log as it grows. */
export function useImportJobs(importId: string, live: boolean) {
  const every = live ? 2000 : false;
  const steps = useQuery({ queryKey: [...key, 'import', importId], queryFn: ({ signal }) => api.jobList({ import_id: importId, limit: 100 }, { signal }), refetchInterval: every, select: (page) => [...page.items].reverse() });
  const begun = (steps.data ?? []).filter((job) => job.started_at);
  const logs = useQueries({ queries: begun.map((job) => ({ queryKey: [...key, 'one', job.id, job.state], queryFn: ({ signal }: { signal: AbortSignal }) => api.jobGet(job.id, { signal }), refetchInterval: jobEnded(job) ? (false as const) : every, staleTime: Infinity })) });
  const log = new Map(logs.flatMap(({ data }) => (data ? [[data.id, data.log ?? []] as const] : [])));
  return { ...steps, log };
}

export const useJob = (id: string | null) => useQuery({ queryKey: [...key, 'one', id], queryFn: ({ signal }) => api.jobGet(id ?? '', { signal }), enabled: id !== null, staleTime: 0, refetchInterval: (query) => (query.state.data && !jobEnded(query.state.data) ? 2000 : false) });

export function useJobActs() {
  const client = useQueryClient();
  const after = { onSettled: () => Promise.all([client.invalidateQueries({ queryKey: key }), client.invalidateQueries({ queryKey: ['imports'] })]) };
  return {
    cancel: useMutation({ mutationFn: (id: string) => api.jobCancel(id), ...after }),
    retry: useMutation({ mutationFn: (id: string) => api.jobRetry(id), ...after }),
    rank: useMutation({ mutationFn: ({ id, priority }: { id: string; priority: number }) => api.jobPriorityReplace(id, { priority }), ...after }),
  };
}
