/* money.ts - amounts as people of a language write them. The API counts in minor units and says how many digits they are. */
import type { Money } from '@shared/api/client';
import { localeNow, t } from '../messages';

/** Digits, so that no amount loses a cent on its way through a floating-point number: 999, 2 -> "9.99". */
export function decimalOf(minor: number, exponent: number): string {
  const digits = String(Math.abs(minor)).padStart(exponent + 1, '0');
  const whole = digits.slice(0, digits.length - exponent);
  return `${minor < 0 ? '-' : ''}${exponent ? `${whole}.${digits.slice(-exponent)}` : whole}`;
}

export function moneyText({ minor, currency, exponent }: Money, locale = localeNow()): string {
  const format = new Intl.NumberFormat(locale, { style: 'currency', currency, minimumFractionDigits: exponent, maximumFractionDigits: exponent });
  return format.format(decimalOf(minor, exponent) as unknown as number);
}

/** 1900 -> "19%", 775 -> "7.75%". */
export function percentText(bp: number, locale = localeNow()): string {
  return new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 2 }).format(bp / 10_000);
}

export const dayText = (at: string, locale = localeNow()): string => new Intl.DateTimeFormat(locale, { dateStyle: 'long' }).format(new Date(at));

/** The end of something that is measured in hours: with the clock. */
export const momentText = (at: string, locale = localeNow()): string => new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' }).format(new Date(at));

/** "a month", "a year", "every 3 months". */
export function intervalText(months: number): string {
  return months === 1 ? t('shop.a_month') : months === 12 ? t('shop.a_year') : t('shop.every_months', { count: months });
}

/** What a longer interval saves against twelve of the shorter one, in whole percent; 0 where it saves nothing. */
export function savedPercent(monthly: Money | null, yearly: Money | null): number {
  if (!monthly || !yearly || monthly.currency !== yearly.currency || monthly.minor <= 0) return 0;
  return Math.max(0, Math.floor((1 - yearly.minor / (monthly.minor * 12)) * 100));
}
