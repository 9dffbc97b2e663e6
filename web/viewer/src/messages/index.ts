/*
 * index.ts - every string a viewer reads comes through t(). Keys and their {placeholders} are checked by the
 * compiler; plural forms follow Intl.PluralRules of the language in force. A language may lack a key: English
 * stands in, so that a half-translated catalogue never shows a bare key.
 */
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
let catalogue: Catalogue = en;
let rules = new Intl.PluralRules(language);

const others: Record<string, () => Promise<{ default: Catalogue }>> = {};

/** The first of the wanted languages that there is; loads its catalogue, and sets the page's lang and dir. */
export async function languageChoose(wanted: readonly string[]): Promise<void> {
  const found = wanted.map((tag) => tag.split('-')[0] ?? tag).find((tag) => tag === 'en' || tag in others) ?? 'en';
  const load = others[found];
  catalogue = load ? (await load()).default : en;
  language = found;
  rules = new Intl.PluralRules(found);
  document.documentElement.lang = found;
  document.documentElement.dir = ['ar', 'fa', 'he', 'ur'].includes(found) ? 'rtl' : 'ltr';
}

export const languageNow = (): string => language;

export function format(text: string | Plural, params: Record<string, string | number>, plural: Intl.PluralRules): string {
  const chosen = typeof text === 'string' ? text : (text[plural.select(Number(params.count))] ?? text.other);
  return chosen.replace(/\{(\w+)\}/g, (hole, name: string) => String(params[name] ?? hole));
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
