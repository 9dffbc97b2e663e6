/* format.ts - numbers, times, sizes and money as people of a language write them. */
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

/** Digits after the point that a currency has; 2 where the browser does not know it. */
export function exponentOf(currency: string): number {
  try {
    return new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2;
  } catch {
    return 2;
  }
}

/** "9,99" or "9.99" as somebody types it -> 999; null: no amount, or one with more digits than the currency has. */
export function minorOf(typed: string, exponent: number): number | null {
  const match = /^\s*(\d{1,12})(?:[.,](\d*))?\s*$/.exec(typed);
  const rest = match?.[2] ?? '';
  if (!match || rest.length > exponent) return null;
  return Number(`${match[1]}${rest.padEnd(exponent, '0')}`);
}

export const numberText = (n: number, locale = localeNow()): string => new Intl.NumberFormat(locale).format(n);

/** 1900 -> "19%". */
export const percentText = (bp: number, locale = localeNow()): string => new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 2 }).format(bp / 10_000);

export const dayText = (at: string, locale = localeNow()): string => new Intl.DateTimeFormat(locale, { dateStyle: 'medium' }).format(new Date(at));
export const momentText = (at: string, locale = localeNow()): string => new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' }).format(new Date(at));

const steps: [Intl.RelativeTimeFormatUnit, number][] = [['day', 86_400], ['hour', 3_600], ['minute', 60]];

/** "5 minutes ago"; older than a week, the day itself. */
export function agoText(at: string, now = Date.now(), locale = localeNow()): string {
  const seconds = (new Date(at).getTime() - now) / 1000;
  if (Math.abs(seconds) > 7 * 86_400) return dayText(at, locale);
  const format = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });
  for (const [unit, size] of steps) if (Math.abs(seconds) >= size) return format.format(Math.round(seconds / size), unit);
  return format.format(0, 'second');
}

const two = (n: number): string => String(n).padStart(2, '0');

/** 5025 -> "1:23:45", 65 -> "1:05". */
export function clockText(seconds: number): string {
  const s = Math.max(0, Math.round(seconds));
  const [h, m] = [Math.floor(s / 3600), Math.floor(s / 60) % 60];
  return h ? `${h}:${two(m)}:${two(s % 60)}` : `${m}:${two(s % 60)}`;
}

/** How long something will still take, as roughly as it is known. */
export function leftText(seconds: number): string {
  if (seconds < 60) return t('time.seconds', { count: Math.max(1, Math.round(seconds)) });
  if (seconds < 3600) return t('time.minutes', { count: Math.round(seconds / 60) });
  return t('time.hours', { count: Math.round(seconds / 3600) });
}

/** In the units of disks: 1000 to the next. */
export function bytesText(bytes: number, locale = localeNow()): string {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const;
  const power = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3));
  const format = new Intl.NumberFormat(locale, { style: 'unit', unit: units[power], unitDisplay: power ? 'short' : 'long', maximumFractionDigits: power < 2 ? 0 : 1 });
  return format.format(bytes / 1000 ** power);
}
