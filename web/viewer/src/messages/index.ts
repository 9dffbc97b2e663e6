/*
 * index.ts - every string a viewer reads comes through t(). Keys and their {placeholders} are checked by the
 * compiler; plural forms follow Intl.PluralRules of the language in force. A language may lack a key: English
 * stands in, so that a half-translated catalogue never shows a bare key.
 */
import { remember, remembered } from '../lib/store';
import { en } from './en';

export type Plural = { other: string } & Partial<Record<Intl.LDMLPluralRule, string>>;
export type Key = keyof typeof en;
type Source<K extends Key> = (typeof en)[K] extends { other: infer O } ? O : (typeof en)[K];
type Holes<S> = S extends `${string}{${infer Hole}}${infer Rest}` ? Hole | Holes<Rest> : never;
export type Params<K extends Key> = [Holes<Source<K>>] extends [never] ? [] : [params: Record<Holes<Source<K>>, string | number>];
/** Keys without placeholders, for tables that name a text. */
export type PlainKey = { [K in Key]: Params<K> extends [] ? K : never }[Key];
/** What another language's file exports: `satisfies Catalogue`. */
export type Catalogue = Partial<{ [K in Key]: (typeof en)[K] extends string ? string : Plural }>;

let language = 'en';
let locale = 'en';
let catalogue: Catalogue = en;
let rules = new Intl.PluralRules(language);

const others: Record<string, () => Promise<{ default: Catalogue }>> = { de: () => import('./de') };
/** What a person may choose, each by its own name. */
export const languages: { tag: string; name: string }[] = [
  { tag: 'en', name: 'English' },
  { tag: 'de', name: 'Deutsch' },
];

const chosen = (): string | null => remembered('language') || null;
const base = (tag: string): string => tag.split('-')[0]?.toLowerCase() ?? tag;

/** The tag a person chose here, or null: the browser's languages decide. */
export const languageChosen = chosen;

/** What a person chose goes first, then the browser's; the first that there is. Sets the page's lang and dir. */
export async function languageChoose(browser: readonly string[]): Promise<void> {
  const wanted = [chosen(), ...browser].filter((tag) => tag !== null);
  const found = wanted.map(base).find((tag) => tag === 'en' || tag in others) ?? 'en';
  try {
    catalogue = (await others[found]?.())?.default ?? en;
    language = found;
  } catch {
    catalogue = en; /* the words didn't come: better English than nothing */
    language = 'en';
  }
  locale = browser.find((tag) => base(tag) === language) ?? language;
  rules = new Intl.PluralRules(language);
  document.documentElement.lang = language;
  document.documentElement.dir = ['ar', 'fa', 'he', 'ur'].includes(language) ? 'rtl' : 'ltr';
}

/** Takes effect with the next load of the page, which the caller brings about. null: the browser's. */
export const languageSet = (tag: string | null): void => remember('language', tag ?? '');

export const languageNow = (): string => language;
/** The language with its region ("en-GB"), for dates and numbers. */
export const localeNow = (): string => locale;

/** For requests whose answer holds words: the chosen language before the browser's own. Empty: the browser says it. */
export function languageHeader(): Record<string, string> {
  const first = chosen();
  if (!first) return {};
  const rest = navigator.languages.filter((tag) => tag !== first).slice(0, 8);
  return { 'accept-language': [first, ...rest.map((tag, i) => `${tag};q=${(0.9 - i / 10).toFixed(1)}`)].join(', ') };
}

export function format(text: string | Plural, params: Record<string, string | number>, plural: Intl.PluralRules): string {
  const form = typeof text === 'string' ? text : (text[plural.select(Number(params.count))] ?? text.other);
  return form.replace(/\{(\w+)\}/g, (hole, name: string) => String(params[name] ?? hole));
}

export function t<K extends Key>(key: K, ...[params]: Params<K>): string {
  return format((catalogue[key] ?? en[key]) as string | Plural, params ?? {}, rules);
}

/** "fr" -> "French", in the language in force; the tag itself where the browser knows no name. */
export function languageName(tag: string): string {
  try {
    const name = new Intl.DisplayNames([language], { type: 'language' }).of(tag) ?? tag;
    return name.charAt(0).toLocaleUpperCase(language) + name.slice(1);
  } catch {
    return tag;
  }
}
