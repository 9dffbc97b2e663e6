/* externalIds.ts - what a film is called elsewhere: read out of what people paste, an address too, and checked before it is sent. */
import type { EditorExternalId } from '@shared/api/client';

export type Scheme = EditorExternalId['scheme'];
export const schemes: Scheme[] = ['eidr', 'imdb', 'tmdb', 'wikidata', 'own'];

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ';

/** ISO 7064 Mod 37,36 over the twenty digits of an EIDR. */
export function eidrCheck(digits: string): string {
  let p = 36;
  for (const digit of digits) p = (((p + DIGITS.indexOf(digit)) % 36 || 36) * 2) % 37;
  return DIGITS[(37 - p) % 36]!;
}

function eidrRead(typed: string): string | null {
  const match = /10\.5240\/((?:[0-9A-F]{4}-){5})([0-9A-Z])$/.exec(typed.toUpperCase());
  return match && eidrCheck(match[1]!.replaceAll('-', '')) === match[2] ? match[0] : null;
}

const readers: Record<Scheme, (typed: string) => string | null> = {
  eidr: eidrRead,
  imdb: (typed) => /(?:^|\/)(tt\d+)(?:[/?#]|$)/.exec(typed)?.[1] ?? null,
  tmdb: (typed) => /(?:^|\/(?:movie|tv)\/)(\d+)(?:[-/?#]|$)/.exec(typed)?.[1] ?? null,
  wikidata: (typed) => /(?:^|\/)(Q\d+)(?:[/?#]|$)/.exec(typed)?.[1] ?? null,
  own: (typed) => (typed && typed.length <= 100 ? typed : null),
};

/** The id as it is kept; null: it is none of that scheme's. */
export const externalRead = (scheme: Scheme, typed: string): string | null => readers[scheme](typed.trim());

const pages: Partial<Record<Scheme, (value: string, series: boolean) => string>> = {
  eidr: (value) => `https://ui.eidr.org/view/content?id=${encodeURIComponent(value)}`,
  imdb: (value) => `https://www.imdb.com/title/${value}/`,
  tmdb: (value, series) => `https://www.themoviedb.org/${series ? 'tv' : 'movie'}/${value}`,
  wikidata: (value) => `https://www.wikidata.org/wiki/${value}`,
};
/** Its page there. */
export const externalPage = (scheme: Scheme, value: string, series: boolean): string | null => pages[scheme]?.(value, series) ?? null;
