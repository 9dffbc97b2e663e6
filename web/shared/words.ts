/*
 * words.ts - how an application finds its words: catalogues of texts with {placeholders} and plural forms, keys
 * checked by the compiler, English standing in for what another language lacks. An application makes one with
 * wordsOf() and imports t() from there.
 */
export type Plural = { other: string } & Partial<Record<Intl.LDMLPluralRule, string>>;
export type Source = Record<string, string | Plural>;
type Text<S extends Source, K extends keyof S> = S[K] extends { other: infer O } ? O : S[K];
type Holes<T> = T extends `${string}{${infer Hole}}${infer Rest}` ? Hole | Holes<Rest> : never;
export type Params<S extends Source, K extends keyof S> = [Holes<Text<S, K>>] extends [never] ? [] : [params: Record<Holes<Text<S, K>>, string | number>];
/** Keys without placeholders, for tables that name a text. */
export type PlainKeyOf<S extends Source> = { [K in keyof S]: Params<S, K> extends [] ? K : never }[keyof S];
/** What another language's file exports. */
export type CatalogueOf<S extends Source> = Partial<{ [K in keyof S]: S[K] extends string ? string : Plural }>;

const base = (tag: string): string => tag.split('-')[0]?.toLowerCase() ?? tag;

export function wordsFill(text: string | Plural, params: Record<string, string | number>, plural: Intl.PluralRules): string {
  const form = typeof text === 'string' ? text : (text[plural.select(Number(params.count))] ?? text.other);
  return form.replace(/\{(\w+)\}/g, (hole, name: string) => String(params[name] ?? hole));
}

export function wordsOf<S extends Source>(en: S, others: Record<string, () => Promise<{ default: CatalogueOf<S> }>>) {
  let language = 'en';
  let locale = 'en';
  let catalogue: CatalogueOf<S> = en as unknown as CatalogueOf<S>;
  let rules = new Intl.PluralRules(language);
  return {
    /** The first of the wanted languages that there is; the page says so to whoever reads it aloud. */
    async choose(wanted: readonly string[]): Promise<void> {
      const found = wanted.map(base).find((tag) => tag === 'en' || tag in others) ?? 'en';
      try {
        const own = (await others[found]?.())?.default;
        catalogue = own ?? (en as unknown as CatalogueOf<S>);
        language = found;
      } catch {
        language = 'en'; /* the words didn't come: better English than nothing */
      }
      locale = wanted.find((tag) => base(tag) === language) ?? language;
      rules = new Intl.PluralRules(language);
      document.documentElement.lang = language;
    },
    t<K extends keyof S>(key: K, ...[params]: Params<S, K>): string {
      return wordsFill((catalogue[key] ?? en[key]) as string | Plural, (params ?? {}) as Record<string, string | number>, rules);
    },
    language: () => language,
    /** With its region ("en-GB"), for dates, numbers and money. */
    locale: () => locale,
  };
}
