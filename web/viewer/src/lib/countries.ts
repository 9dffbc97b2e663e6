/* countries.ts - ISO 3166-1 by the names of the language in force, in its order. */
import { countryCodes } from '@shared/countries';
import { languageNow } from '../messages';

export function countries(): { value: string; label: string }[] {
  const names = new Intl.DisplayNames([languageNow()], { type: 'region' });
  const order = new Intl.Collator(languageNow());
  return countryCodes
    .map((value) => ({ value, label: names.of(value) ?? value }))
    .sort((a, b) => order.compare(a.label, b.label));
}

/** "en-GB" -> "GB": what a browser's language says of where it stands, when nobody said more. */
export function countryOfLocale(locale: string): string | undefined {
  try {
    return new Intl.Locale(locale).region?.match(/^[A-Z]{2}$/)?.[0];
  } catch {
    return undefined;
  }
}
