/* developers.ts - what machines get: API keys, and endpoints that are told of events, with what was sent to them. */
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import * as api from '@shared/api/client';
import { withFresh } from '../lib/fresh';

const keys = ['keys'];
const hooks = ['webhooks'];
const first = undefined as string | undefined;
const nextOf = (page: { next_cursor: string | null }) => page.next_cursor ?? undefined;
const itemsOf = <T>(data: { pages: { items: T[] }[] }): T[] => data.pages.flatMap((page) => page.items);

export const useKeys = () =>
  useInfiniteQuery({ queryKey: keys, queryFn: ({ pageParam, signal }) => api.apiKeyList({ cursor: pageParam }, { signal }), initialPageParam: first, getNextPageParam: nextOf, select: (data) => itemsOf(data) });
export const useScopes = () => useQuery({ queryKey: ['scopes'], queryFn: ({ signal }) => api.scopeList({ signal }), staleTime: 300_000, select: (data) => data.items });

export const useHooks = () =>
  useInfiniteQuery({ queryKey: hooks, queryFn: ({ pageParam, signal }) => api.webhookList({ cursor: pageParam }, { signal }), initialPageParam: first, getNextPageParam: nextOf, select: (data) => itemsOf(data) });
export const useHookEvents = () => useQuery({ queryKey: ['webhook-events'], queryFn: ({ signal }) => api.webhookEventList({ signal }), staleTime: 300_000, select: (data) => data.items });
export const useHook = (id: string) => useQuery({ queryKey: [...hooks, id], queryFn: ({ signal }) => api.webhookGet(id, { signal }), refetchInterval: 10_000 });

export type DeliveryState = api.WebhookDelivery['state'];
/** Asked again while somebody looks: what is on its way arrives. */
export const useDeliveries = (id: string, state: DeliveryState | undefined) =>
  useInfiniteQuery({
    queryKey: [...hooks, id, 'deliveries', state ?? ''],
    queryFn: ({ pageParam, signal }) => api.webhookDeliveryList(id, { state, cursor: pageParam, limit: 30 }, { signal }),
    initialPageParam: first,
    getNextPageParam: nextOf,
    select: (data) => itemsOf(data),
    refetchInterval: (query) => (query.state.data?.pages.some((page) => page.items.some((one) => one.state === 'pending')) ? 2_000 : 15_000),
  });
export const useDelivery = (id: string, delivery: string) =>
  useQuery({
    queryKey: [...hooks, id, 'delivery', delivery],
    queryFn: ({ signal }) => api.webhookDeliveryGet(id, delivery, { signal }),
    refetchInterval: (query) => (query.state.data?.delivery.state === 'pending' ? 2_000 : false),
  });

function useDeed<A, R>(what: string[], act: (args: A) => Promise<R>) {
  const client = useQueryClient();
  return useMutation({ mutationFn: (args: A) => withFresh(() => act(args)), onSuccess: () => client.invalidateQueries({ queryKey: what }) });
}

export const useKeyCreate = () => useDeed(keys, (body: api.ApiKeyNew) => api.apiKeyCreate(body));
export const useKeyRevoke = () => useDeed(keys, (id: string) => api.apiKeyRevoke(id));
export const useHookCreate = () => useDeed(hooks, (body: api.WebhookNew) => api.webhookCreate(body));
export const useHookChange = (id: string) => useDeed(hooks, (body: api.WebhookChange) => api.webhookUpdate(id, body));
export const useHookDelete = (id: string) => useDeed(hooks, () => api.webhookDelete(id));
export const useHookRotate = (id: string) => useDeed(hooks, () => api.webhookRotate(id));
export const useHookPing = (id: string) => useDeed(hooks, () => api.webhookPing(id));
export const useReplay = (id: string) => useDeed(hooks, (since: string) => api.webhookReplay(id, { since }));
export const useDeliveryReplay = (id: string) => useDeed(hooks, (delivery: string) => api.webhookDeliveryReplay(id, delivery));
