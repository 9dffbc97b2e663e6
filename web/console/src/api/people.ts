/* people.ts - accounts as operators see them: found by address, with their devices, streams and money; who is staff. */
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import * as api from '@shared/api/client';
import { withFresh } from '../lib/fresh';
import { idNew } from '../lib/id';

export const useAccounts = (q: string, staff: boolean, enabled = true) =>
  useInfiniteQuery({
    queryKey: ['accounts', q, staff],
    queryFn: ({ pageParam, signal }) => api.accountSearch({ q, staff, ...(pageParam ? { cursor: pageParam } : {}) }, { signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    select: (data) => data.pages.flatMap((page) => page.items),
    enabled,
  });

const one = (id: string) => ['account', id];
export const useAccount = (id: string) => useQuery({ queryKey: one(id), queryFn: ({ signal }) => api.accountGet(id, { signal }) });
export const useAccountBilling = (id: string) => useQuery({ queryKey: [...one(id), 'billing'], queryFn: ({ signal }) => api.accountBilling(id, { signal }) });
export const useAccountPayments = (id: string) => useQuery({ queryKey: [...one(id), 'payments'], queryFn: ({ signal }) => api.accountPayments(id, { signal }) });
export const useAccountStreams = (id: string) => useQuery({ queryKey: [...one(id), 'streams'], queryFn: ({ signal }) => api.accountStreams(id, { signal }), refetchInterval: 30_000 });

function useDeed<A>(id: string, act: (args: A) => Promise<unknown>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (args: A) => withFresh(() => act(args)),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: one(id) });
      await client.invalidateQueries({ queryKey: ['accounts'] });
    },
  });
}

export const useSignOutAll = (id: string) => useDeed(id, () => api.accountSignOut(id));
export const useStreamStop = (id: string) => useDeed(id, (playback: string) => api.accountStreamStop(id, playback));
export const useFactorReset = (id: string) => useDeed(id, () => api.accountFactorDelete(id));
export const useRolesPut = (id: string) => useDeed(id, (roles: ('editor' | 'operator')[]) => api.accountRolesPut(id, { roles }));

/* The key is made once for what is asked: a code asked for in between, or a lost answer, refunds once. */
export const useRefund = (id: string) =>
  useDeed(id, ({ payment, key, ...body }: { payment: string; key: string } & api.RefundAsk) => api.refundMake(payment, body, { headers: { 'idempotency-key': key } }));
export const useCredit = (id: string) => useDeed(id, ({ credit, ...body }: { credit: string } & api.CreditPut) => api.accountCreditPut(id, credit, body));
export const keyNew = idNew;
