/* sell.ts - what is sold and for how much: plans, prices, offers, coupons, gift codes, taxes. */
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import * as api from '@shared/api/client';
import { withFresh } from '../lib/fresh';

const plans = ['plans'];
const offers = ['offers'];
const coupons = ['coupons'];
const gifts = ['gift-codes'];
const taxes = ['taxes'];

export const usePlans = () => useQuery({ queryKey: plans, queryFn: ({ signal }) => api.plansOffice({ signal }) });
export const useOffers = () => useQuery({ queryKey: offers, queryFn: ({ signal }) => api.offersList({ signal }) });
export const useTaxes = () => useQuery({ queryKey: taxes, queryFn: ({ signal }) => api.taxesList({ signal }) });

export const useCoupons = () =>
  useInfiniteQuery({
    queryKey: coupons,
    queryFn: ({ pageParam, signal }) => api.couponsList({ cursor: pageParam }, { signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    select: (data) => data.pages.flatMap((page) => page.items),
  });

export const useGifts = () =>
  useInfiniteQuery({
    queryKey: gifts,
    queryFn: ({ pageParam, signal }) => api.giftCodesList({ cursor: pageParam }, { signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    select: (data) => data.pages.flatMap((page) => page.items),
  });

function useChange<A, R>(key: string[], act: (args: A) => Promise<R>) {
  const client = useQueryClient();
  return useMutation({ mutationFn: (args: A) => withFresh(() => act(args)), onSuccess: () => client.invalidateQueries({ queryKey: key }) });
}

export const usePlanPut = () => useChange(plans, ({ slug, body }: { slug: string; body: api.PlanPut }) => api.planPut(slug, body));
export const usePricePut = () => useChange(plans, ({ slug, body }: { slug: string; body: api.PlanPricePut }) => api.planPricePut(slug, body));
export const useOfferPut = () => useChange(offers, ({ id, body }: { id: string; body: api.OfferPut }) => api.offerPut(id, body));
export const useCouponPut = () => useChange(coupons, ({ code, body }: { code: string; body: api.CouponPut }) => api.couponPut(code, body));
export const useGiftsMake = () => useChange(gifts, (body: api.GiftMake) => api.giftCodesMake(body));
export const useTaxPut = () => useChange(taxes, ({ country, body }: { country: string; body: api.TaxPut }) => api.taxPut(country, body));
