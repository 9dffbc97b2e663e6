/*
 * index.ts - every string a viewer reads comes through t(), in twelve languages. Keys and their {placeholders} are checked by the
 * compiler, and so is that no language lacks one; plural forms follow Intl.PluralRules of the language in force. English comes
 * with the application, every other language when it is spoken.
 */
import { remember, remembered } from '../lib/store';
import { brandName } from '../lib/theme';
import { en } from './en';

export type Plural = { other: string } & Partial<Record<Intl.LDMLPluralRule, string>>;
export type Key = keyof typeof en;
type Source<K extends Key> = (typeof en)[K] extends { other: infer O } ? O : (typeof en)[K];
type Holes<S> = S extends `${string}{${infer Hole}}${infer Rest}` ? Hole | Holes<Rest> : never;
export type Params<K extends Key> = [Holes<Source<K>>] extends [never] ? [] : [params: Record<Holes<Source<K>>, string | number>];
/** Keys without placeholders, for tables that name a text. */
export type PlainKey = { [K in Key]: Params<K> extends [] ? K : never }[Key];
/** What another language's file exports: `satisfies Catalogue`. */
export type Catalogue = { [K in Key]: (typeof en)[K] extends string ? string : Plural };

let language: Language = 'en';
let locale = 'en';
let catalogue: Catalogue = en;
let rules = new Intl.PluralRules(language);

const others = {
  de: () => import('./de'),
  fr: () => import('./fr'),
  es: () => import('./es'),
  it: () => import('./it'),
  'pt-BR': () => import('./pt-BR'),
  nl: () => import('./nl'),
  pl: () => import('./pl'),
  tr: () => import('./tr'),
  ar: () => import('./ar'),
  he: () => import('./he'),
  ja: () => import('./ja'),
} satisfies Record<string, () => Promise<{ default: Catalogue }>>;
type Language = 'en' | keyof typeof others;
/** What a person may choose, each by its own name. */
export const languages: { tag: Language; name: string }[] = [
  { tag: 'en', name: 'English' },
  { tag: 'de', name: 'Deutsch' },
  { tag: 'fr', name: 'Français' },
  { tag: 'es', name: 'Español' },
  { tag: 'it', name: 'Italiano' },
  { tag: 'pt-BR', name: 'Português (Brasil)' },
  { tag: 'nl', name: 'Nederlands' },
  { tag: 'pl', name: 'Polski' },
  { tag: 'tr', name: 'Türkçe' },
  { tag: 'ar', name: 'العربية' },
  { tag: 'he', name: 'עברית' },
  { tag: 'ja', name: '日本語' },
];
const rightToLeft: readonly Language[] = ['ar', 'he'];

const chosen = (): string | null => remembered('language') || null;
/* Browsers of old say "iw" for Hebrew. */
const base = (tag: string): string => (tag.split('-')[0] ?? tag).toLowerCase().replace(/^iw$/, 'he');

/** The language here that a BCP 47 tag asks for: itself, or another region's. */
export function languageOf(tag: string): Language | undefined {
  const exact = languages.find((one) => one.tag.toLowerCase() === tag.toLowerCase());
  return (exact ?? languages.find((one) => base(one.tag) === base(tag)))?.tag;
}

/** The tag a person chose here, or null: the browser's languages decide. */
export const languageChosen = chosen;

/** What a person chose goes first, then the browser's; the first that there is. Sets the page's lang and dir. */
export async function languageChoose(browser: readonly string[]): Promise<void> {
  const wanted = [chosen(), ...browser].filter((tag) => tag !== null);
  const found = wanted.map(languageOf).find((tag) => tag !== undefined) ?? 'en';
  try {
    catalogue = found === 'en' ? en : (await others[found]()).default;
    language = found;
  } catch {
    catalogue = en; /* the words didn't come: better English than nothing */
    language = 'en';
  }
  locale = browser.find((tag) => languageOf(tag) === language) ?? language;
  if (language === 'ar') locale += '-u-nu-latn'; /* the player's clock and the prices show one kind of digits */
  rules = new Intl.PluralRules(language);
  document.documentElement.lang = language;
  document.documentElement.dir = rightToLeft.includes(language) ? 'rtl' : 'ltr';
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
  if (key === 'app.name') return brandName(); /* the house's, not ours */
  return format(catalogue[key], params ?? {}, rules);
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
