/* rows.ts - rows and billboards in words: what a kind is called, who sees it and when. Nothing is drawn in here. */
import type { StorefrontRow } from '@shared/api/client';
import { partId, type Board, type Row } from '../../api/storefront';
import { momentText } from '../../lib/format';
import { countryName, languageNow, t, type PlainKey } from '../../messages';

export type Kind = StorefrontRow['kind'];
/** In the order of the menu: what an editor fills first, then what fills itself. */
export const kinds: Kind[] = ['curated', 'rule', 'continue', 'my_list', 'new', 'top10', 'leaving', 'languages', 'all'];
export const kindText = (kind: Kind): string => t(`row.${kind}` as PlainKey);
export const kindHint = (kind: Kind): string => t(`row_hint.${kind}` as PlainKey);

/** What the server would refuse a row without. */
export const isNamed = (kind: Kind): boolean => kind === 'curated' || kind === 'rule';

export function rowNew(kind: Kind): Row {
  const row: Row = { id: partId(), kind };
  if (isNamed(kind)) row.titles = {};
  if (kind === 'curated') row.items = [];
  if (kind === 'rule') row.rule = {};
  return row;
}

export const boardNew = (title: string): Board => ({ id: partId(), title_id: title });

/** In the language in force, else in whatever there is. */
export const textNow = (texts: Record<string, string> | undefined): string => texts?.[languageNow()] ?? texts?.en ?? Object.values(texts ?? {}).find(Boolean) ?? '';

export const rowName = (row: Row): string => textNow(row.titles) || (row.kind === 'service' ? (row.service ?? kindText('service')) : kindText(row.kind));

type Audience = Pick<Row, 'enabled' | 'starts_at' | 'ends_at' | 'countries' | 'except' | 'platforms' | 'profiles'>;

const listed = (codes: string[]): string => (codes.length > 3 ? t('front.countries', { count: codes.length }) : codes.map(countryName).join(', '));

/** Only what is not so for everybody, always, everywhere. */
export function audienceText(row: Audience): string {
  const parts: string[] = [];
  if (row.starts_at) parts.push(t('front.from', { when: momentText(row.starts_at) }));
  if (row.ends_at) parts.push(t('front.until', { when: momentText(row.ends_at) }));
  if (row.countries?.length) parts.push(listed(row.countries));
  if (row.except?.length) parts.push(t('front.not_in', { where: listed(row.except) }));
  if (row.platforms?.length) parts.push(row.platforms.map((one) => t(`platform.${one}`)).join(', '));
  if (row.profiles && row.profiles !== 'all') parts.push(t(`profiles.${row.profiles}`));
  return parts.join(' · ');
}

export type Now = 'off' | 'ahead' | 'over' | 'on';
export function stateOf(row: Audience, now = Date.now()): Now {
  if (row.enabled === false) return 'off';
  if (row.starts_at && new Date(row.starts_at).getTime() > now) return 'ahead';
  return row.ends_at && new Date(row.ends_at).getTime() <= now ? 'over' : 'on';
}

/** What goes out: no language without words, no empty lists. */
export function partClean<T extends Row | Board>(part: T): T {
  const full = (value: unknown): boolean => !(value === undefined || value === null || value === '' || (Array.isArray(value) && !value.length) || (typeof value === 'object' && !Array.isArray(value) && !Object.keys(value as object).length));
  const trimmed = Object.entries(part).map(([key, value]) => [key, (key === 'titles' || key === 'headline') && value ? Object.fromEntries(Object.entries(value as Record<string, string>).filter(([, text]) => text.trim())) : value] as const);
  return Object.fromEntries(trimmed.filter(([key, value]) => full(value) || key === 'items' || key === 'rule')) as T;
}
