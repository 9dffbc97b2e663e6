import type { Offer } from '@shared/api/client';
import { t, type PlainKey } from '../../messages';

const names: Record<Offer['kind'], PlainKey> = { plan: 'offers.plan', rental: 'offers.rental', purchase: 'offers.purchase', avod: 'offers.avod', holdback: 'offers.holdback' };
export const kinds = Object.keys(names) as Offer['kind'][];
export const kindText = (kind: Offer['kind']): string => t(names[kind]);
