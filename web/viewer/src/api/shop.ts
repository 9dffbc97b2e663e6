/* shop.ts - what is sold and who has bought it, through TanStack Query. Nobody else asks billing. */
import { useRef } from 'react';
import { useMutation, useQuery, useQueryClient, type QueryClient } from '@tanstack/react-query';
import * as api from '@shared/api/client';
import { ApiError, type Checkout, type QuoteAsk } from '@shared/api/client';
import { ulid } from '../lib/id';
import { useSession } from './queries';

const keys = {
  gateway: ['gateway'],
  plans: (country: string) => ['plans', country],
  billing: ['billing'],
  invoices: ['invoices'],
  purchases: ['purchases'],
  access: (id: string) => ['access', id],
  offers: (id: string) => ['offers', id],
  quote: (ask: QuoteAsk) => ['quote', ask],
};

/** How can be paid here; kind "none": nothing is sold. */
export const useGateway = (enabled = true) => useQuery({ queryKey: keys.gateway, queryFn: ({ signal }) => api.gatewayGet({ signal }), staleTime: 10 * 60_000, enabled });

export const usePlans = (country?: string, enabled = true) =>
  useQuery({ queryKey: keys.plans(country ?? ''), queryFn: ({ signal }) => api.plansList({ country }, { signal }), staleTime: 5 * 60_000, enabled });

export const useBilling = (enabled = true) => useQuery({ queryKey: keys.billing, queryFn: ({ signal }) => api.billingGet({ signal }), enabled });
export const useInvoices = () => useQuery({ queryKey: keys.invoices, queryFn: ({ signal }) => api.invoicesList({ signal }) });
export const usePurchases = (enabled: boolean) => useQuery({ queryKey: keys.purchases, queryFn: ({ signal }) => api.purchasesList({ signal }), enabled });
export const useAccess = (id: string | undefined) =>
  useQuery({ queryKey: keys.access(id ?? ''), queryFn: ({ signal }) => api.titleAccess(id ?? '', { signal }), enabled: id !== undefined });
export const useOffers = (id: string, enabled = true) => useQuery({ queryKey: keys.offers(id), queryFn: ({ signal }) => api.titleOffers(id, { signal }), enabled });

/** Whether anything can be bought by whoever is signed in: plans and a way to pay, and no child. undefined: not known yet. */
export function useSelling(): boolean | undefined {
  const session = useSession().data;
  const adult = session ? !session.profile.kids : false;
  const gateway = useGateway(adult);
  const plans = usePlans(undefined, adult);
  if (!adult) return false;
  if (gateway.isError || plans.isError) return false;
  if (!gateway.data || !plans.data) return undefined;
  return gateway.data.kind !== 'none' && plans.data.items.length > 0;
}

/** Whether there are plans, for whoever has not signed in yet; false while it is not known. */
export const useSoldHere = (): boolean => (usePlans().data?.items.length ?? 0) > 0;

/** A quote is never shown stale: prices, credit and the time that is left move. */
export const useQuote = (ask: QuoteAsk | null) =>
  useQuery({
    queryKey: keys.quote(ask ?? {}),
    queryFn: ({ signal }) => api.billingQuote(ask ?? {}, { signal }),
    enabled: ask !== null,
    staleTime: 0,
    gcTime: 0,
  });

/** After money moved, or what it buys: everything that speaks of it asks again. */
export function boughtSomething(client: QueryClient): void {
  for (const key of ['billing', 'invoices', 'purchases', 'access', 'offers', 'title', 'home']) void client.invalidateQueries({ queryKey: [key] });
}

export type Order = { kind: 'plan'; body: api.Subscribe } | { kind: 'change'; body: api.SubscriptionChange } | { kind: 'offer'; body: api.Buy } | { kind: 'due'; body: api.PayNow };

function orderSend({ kind, body }: Order, key: string): Promise<Checkout> {
  const call = { headers: { 'Idempotency-Key': key } };
  if (kind === 'plan') return api.subscribe(body, call);
  if (kind === 'change') return api.subscriptionChange(body, call);
  return kind === 'offer' ? api.buy(body, call) : api.subscriptionPay(body, call);
}

/**
 * Pays an order once, however often its button is pressed or its answer is lost: the same order keeps its key until the
 * server has said what became of it.
 */
export function useOrder() {
  const client = useQueryClient();
  const sent = useRef({ order: '', key: '' });
  return useMutation({
    mutationFn: async (order: Order) => {
      const text = JSON.stringify(order);
      if (sent.current.order !== text) sent.current = { order: text, key: ulid() };
      const lost = (error: unknown) => error instanceof ApiError && (error.status === 0 || error.status >= 500);
      try {
        const result = await orderSend(order, sent.current.key);
        sent.current.order = '';
        return result;
      } catch (error) {
        if (!lost(error)) sent.current.order = '';
        throw error;
      }
    },
    onSettled: () => boughtSomething(client),
  });
}

/** What became of a payment: asked again every two seconds while nobody knows. */
export const usePayment = (id: string | null) =>
  useQuery({
    queryKey: ['payment', id],
    queryFn: () => api.paymentConfirm(id ?? '', {}),
    enabled: id !== null,
    gcTime: 0,
    refetchInterval: (query) => (query.state.data?.status === 'processing' ? 2000 : false),
  });

export const useSetup = (id: string | null) =>
  useQuery({ queryKey: ['method-setup', id], queryFn: () => api.methodSetupConfirm(id ?? '', {}), enabled: id !== null, gcTime: 0 });

/** Goes to the gateway's own page, which comes back to /billing/return and from there to `next`. */
export const useSetupBegin = () => useMutation({ mutationFn: (next: string) => api.methodSetup({ next }) });

function useBillingChange<T>(change: (value: T) => Promise<api.Billing>, changes: string[] = ['access', 'invoices']) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSuccess: (billing) => {
      client.setQueryData(keys.billing, billing);
      for (const key of changes) void client.invalidateQueries({ queryKey: [key] });
    },
  });
}
export const useCancel = () => useBillingChange(() => api.subscriptionCancel({}));
export const useKeep = () => useBillingChange(() => api.subscriptionKeep({}));
export const usePause = () => useBillingChange((months: number) => api.subscriptionPause({ months }));
export const useRedeem = () => useBillingChange((code: string) => api.giftCodeRedeem({ code }), ['quote']); /* credit pays first */
export const useMethodPut = () => useBillingChange((body: api.PaymentMethodSet) => api.paymentMethodSet(body));
