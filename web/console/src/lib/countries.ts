/* countries.ts - countries and currencies to choose from, by their names in the language in force. */
import { countryCodes } from '@shared/countries';
import { countryName, languageNow } from '../messages';

const ordered = (list: { value: string; label: string }[]) => {
  const order = new Intl.Collator(languageNow());
  return list.sort((a, b) => order.compare(a.label, b.label));
};

export const countryOptions = () => ordered(countryCodes.map((value) => ({ value, label: countryName(value) })));

/* What prices are asked for in most; any other that the browser knows follows. */
const common = ['EUR', 'USD', 'GBP', 'CHF', 'JPY', 'CAD', 'AUD', 'SEK', 'NOK', 'DKK', 'PLN', 'CZK', 'BRL', 'INR', 'MXN'];
export function currencyOptions(): string[] {
  try {
    return [...common, ...Intl.supportedValuesOf('currency').filter((code) => !common.includes(code))];
  } catch {
    return common;
  }
}
