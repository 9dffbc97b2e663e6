/* words.ts - what a plan gives, and what a refused payment means, in the words of a viewer. */
import { ApiError, type Plan, type Money, type PlanPrice } from '@shared/api/client';
import { t } from '../../messages';
import { failureText } from '../sign-in/AuthPage';

export type Feature = { key: string; text: string; has: boolean };

function qualityText(max_height: number): string {
  if (max_height === 0) return t('shop.quality_best');
  if (max_height >= 2160) return t('shop.quality_4k');
  if (max_height >= 1080) return t('shop.quality_fhd');
  return max_height >= 720 ? t('shop.quality_hd') : t('shop.quality_sd');
}

type Limits = Pick<Plan, 'max_height' | 'streams' | 'devices' | 'downloads' | 'ads'>;

/** The same for every plan of a page, in the same order, so that columns can be compared line by line. Downloads are
    spoken of where a plan has them. */
export function featuresOf(plan: Limits, beside: readonly Limits[] = [plan]): Feature[] {
  const downloads = { key: 'downloads', text: plan.downloads ? t('shop.downloads', { count: plan.downloads }) : t('shop.downloads_none'), has: plan.downloads > 0 };
  return [
    { key: 'quality', text: qualityText(plan.max_height), has: true },
    { key: 'streams', text: plan.streams ? t('shop.streams', { count: plan.streams }) : t('shop.streams_any'), has: true },
    { key: 'devices', text: plan.devices ? t('shop.devices', { count: plan.devices }) : t('shop.devices_any'), has: true },
    ...(beside.some((other) => other.downloads > 0) ? [downloads] : []),
    { key: 'ads', text: plan.ads ? t('shop.ads') : t('shop.ads_none'), has: !plan.ads },
  ];
}

export const priceFor = (plan: Plan, months: number): PlanPrice | undefined => plan.prices.find((price) => price.months === months);

/** The least that a plan asks for at once, over several plans. */
export function cheapest(plans: readonly Plan[], months: number): Money | undefined {
  const prices = plans.flatMap((plan) => priceFor(plan, months)?.price ?? []);
  return prices.reduce<Money | undefined>((least, price) => (!least || (price.currency === least.currency && price.minor < least.minor) ? price : least), undefined);
}

/** A method as the gateway calls it, in the words of here where they are ours. */
export function methodText(label: string): string {
  const [, card, last] = /^(.+) ending in (\w+)$/.exec(label) ?? [];
  return card && last ? t('shop.card_ending', { card: card === 'Test card' ? t('shop.test_card') : card, last }) : label;
}

const declines: Record<string, () => string> = {
  insufficient_funds: () => t('shop.declined_funds'),
  expired_card: () => t('shop.declined_expired'),
  authentication_required: () => t('shop.declined_bank'),
  authentication_abandoned: () => t('shop.declined_bank'),
  no_payment_method: () => t('shop.method_missing'),
};

/** Why money did not come. The code tells more than the gateway's own sentence, and in the viewer's language. */
export const declineText = (code: string | null): string => (code && declines[code]?.()) || t('shop.declined_detail');

const refusals: Record<string, () => string> = {
  'billing.coupon_invalid': () => t('shop.coupon_invalid'),
  'billing.coupon_used': () => t('shop.coupon_used'),
  'billing.gift_invalid': () => t('shop.gift_invalid'),
  'billing.method_declined': () => t('shop.declined_detail'),
  'billing.method_missing': () => t('shop.method_missing'),
  'billing.payment_in_progress': () => t('shop.in_progress'),
  'billing.amount_changed': () => t('shop.amount_changed'),
  'billing.price_unknown': () => t('shop.price_gone'),
  'billing.price_elsewhere': () => t('shop.price_elsewhere'),
  'billing.already_subscribed': () => t('shop.already_subscribed'),
  'billing.already_owned': () => t('shop.already_owned'),
  'billing.nothing_due': () => t('shop.nothing_due'),
  'billing.not_now': () => t('shop.not_now'),
  'billing.offer_unknown': () => t('shop.price_gone'),
};

export function refusalText(error: unknown): string {
  const known = error instanceof ApiError ? refusals[error.code] : undefined;
  return known ? known() : failureText(error);
}

export const isCode = (error: unknown, ...codes: string[]): boolean => error instanceof ApiError && codes.includes(error.code);
