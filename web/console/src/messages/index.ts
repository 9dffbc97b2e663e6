/* index.ts - the console's words. Every text that staff reads comes through t(). */
import { wordsOf, type CatalogueOf, type PlainKeyOf } from '@shared/words';
import { remember, remembered } from '../lib/prefs';
import { en } from './en';

export type Key = keyof typeof en;
export type PlainKey = PlainKeyOf<typeof en>;
export type Catalogue = CatalogueOf<typeof en>;

const words = wordsOf(en, { de: () => import('./de') });
/** What a person may choose, each by its own name. */
export const languages: { tag: string; name: string }[] = [
  { tag: 'en', name: 'English' },
  { tag: 'de', name: 'Deutsch' },
];

export const t = words.t;
export const localeNow = words.locale;
export const languageNow = words.language;

/** What a person chose goes before what the browser says. */
export const languageStart = (): Promise<void> => words.choose([remembered('language'), ...navigator.languages].filter(Boolean));

/** Takes effect with the next load of the page, which the caller brings about. */
export const languageSet = (tag: string): void => remember('language', tag);

const named = (type: 'language' | 'region', tag: string): string => {
  try {
    const name = new Intl.DisplayNames([words.language()], { type }).of(tag) ?? tag;
    return name.charAt(0).toLocaleUpperCase(words.language()) + name.slice(1);
  } catch {
    return tag;
  }
};
/** "fr" -> "French", in the language in force; the tag itself where the browser knows no name. */
export const languageName = (tag: string): string => (tag === 'und' ? words.t('language.unknown') : named('language', tag));
export const countryName = (code: string): string => named('region', code);
