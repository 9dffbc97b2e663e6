/* zone.ts - a moment as the clock on a wall of some time zone shows it, and back. Rights begin at midnight of where they hold, not of where somebody types. */
import { remember, remembered } from './prefs';

const formats = new Map<string, Intl.DateTimeFormat>();
function formatOf(zone: string): Intl.DateTimeFormat {
  let format = formats.get(zone);
  if (!format) {
    format = new Intl.DateTimeFormat('en-US', { timeZone: zone, hourCycle: 'h23', year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit' });
    formats.set(zone, format);
  }
  return format;
}

/** How far the zone's clock is ahead of UTC at that moment, in ms. */
function offsetOf(zone: string, at: number): number {
  const part = Object.fromEntries(formatOf(zone).formatToParts(at).map(({ type, value }) => [type, Number(value)]));
  return Date.UTC(part.year!, part.month! - 1, part.day!, part.hour, part.minute, part.second) - Math.floor(at / 1000) * 1000;
}

/** "2026-11-23T09:30": what the clock shows there, to the minute. */
export const localOf = (zone: string, moment: string): string => new Date(Date.parse(moment) + offsetOf(zone, Date.parse(moment))).toISOString().slice(0, 16);

/**
 * The moment at which the clock there shows "2026-11-23T09:30"; null: that is no time. An hour that comes twice: the first of them; one
 * that is skipped: as if the clock had not been put forward.
 */
export function momentOf(zone: string, local: string): string | null {
  const wall = Date.parse(`${local}Z`);
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(local) || Number.isNaN(wall)) return null;
  const day = 86_400_000;
  const either = [wall - offsetOf(zone, wall - day), wall - offsetOf(zone, wall + day)];
  const fits = either.filter((at) => at + offsetOf(zone, at) === wall);
  return new Date(fits.length ? Math.min(...fits) : either[0]!).toISOString();
}

const here = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC';
export function zonesAll(): string[] {
  try {
    return [...new Set(['UTC', here(), ...Intl.supportedValuesOf('timeZone')])];
  } catch {
    return [...new Set(['UTC', here()])];
  }
}
export const zoneKept = (): string => {
  const kept = remembered('zone');
  return kept && zonesAll().includes(kept) ? kept : here();
};
export const zoneKeep = (zone: string): void => remember('zone', zone);

/** With the zone's name, so that nobody takes it for theirs: "24 Nov 2026, 00:00 CET". */
export const momentZoned = (moment: string, zone: string, locale: string): string =>
  new Intl.DateTimeFormat(locale, { timeZone: zone, year: 'numeric', month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', timeZoneName: 'short' }).format(new Date(moment));
