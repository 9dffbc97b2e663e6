/* house.ts - the house itself: the record of what staff did, disputes, whether the books balance. */
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import * as api from '@shared/api/client';

export interface AuditFilter {
  action: string;
  account: string;
  from: string;
  until: string;
}

/** A day of the calendar where the person is, as the moment that it begins. */
export const dayStart = (day: string, add = 0): string | undefined => {
  const [y, m, d] = day.split('-').map(Number);
  return y && m && d ? new Date(y, m - 1, d + add).toISOString() : undefined;
};

export const useAudit = (filter: AuditFilter, limit = 50) =>
  useInfiniteQuery({
    queryKey: ['audit', filter, limit],
    queryFn: ({ pageParam, signal }) =>
      api.auditList({ action: filter.action || undefined, account: filter.account || undefined, from: dayStart(filter.from), until: dayStart(filter.until, 1), cursor: pageParam, limit }, { signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    select: (data) => data.pages.flatMap((page) => page.items),
  });

export const useDisputes = (enabled: boolean) => useQuery({ queryKey: ['disputes'], queryFn: ({ signal }) => api.disputesList({ signal }), enabled });
export const useLedger = (enabled: boolean) => useQuery({ queryKey: ['ledger'], queryFn: ({ signal }) => api.ledgerGet({ signal }), enabled });
