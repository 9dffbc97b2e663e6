/* lines.ts - an invoice's lines in the language in force. */
import { languageNow, t } from '../../messages';

const plain = (text: string) => text.replace(/^Coupon /, '');

/** An invoice's line; the server writes them in English. */
export function lineText(kind: string, description: string): string {
  if (kind === 'unused') return t('shop.line_unused');
  if (kind === 'discount') return t('shop.line_discount', { code: plain(description) });
  return description;
}

export const taxName = (name: string | null): string => (languageNow() === 'de' && name === 'VAT' ? t('shop.vat') : name || t('shop.tax'));
