import { expect, test } from 'vitest';
import { countryOfLocale } from '../src/lib/countries';
import { decimalOf, intervalText, moneyText, percentText, savedPercent } from '../src/lib/money';
import { lineText } from '../src/screens/shop/lines';

const money = (minor: number, currency: string, exponent = 2) => ({ minor, currency, exponent });
/* Intl separates with spaces that don't break. */
const plain = (text: string) => text.replace(/[\u00a0\u202f]/g, ' ');

test('minor units become decimals without passing through a float', () => {
  expect([decimalOf(999, 2), decimalOf(5, 2), decimalOf(-5, 2), decimalOf(0, 2), decimalOf(1200, 0), decimalOf(1, 3)]).toEqual(['9.99', '0.05', '-0.05', '0.00', '1200', '0.001']);
  expect(decimalOf(1_000_000_000_001, 2)).toBe('10000000000.01');
});

test('an amount is written as its language writes it, with the digits of its currency', () => {
  expect(moneyText(money(999, 'EUR'), 'en-IE')).toBe('€9.99');
  expect(plain(moneyText(money(999, 'EUR'), 'de-DE'))).toBe('9,99 €');
  expect(moneyText(money(1200, 'JPY', 0), 'en-US')).toBe('¥1,200');
  expect(plain(moneyText(money(1234, 'KWD', 3), 'en-US'))).toBe('KWD 1.234');
  expect(plain(moneyText(money(-333, 'EUR'), 'de-DE'))).toBe('-3,33 €');
  expect(moneyText(money(1000, 'USD'), 'en-US')).toBe('$10.00');
});

test('rates and intervals', () => {
  expect(plain(percentText(1900, 'de-DE'))).toBe('19 %');
  expect(percentText(775, 'en-US')).toBe('7.75%');
  expect([intervalText(1), intervalText(12), intervalText(3)]).toEqual(['a month', 'a year', 'every 3 months']);
});

test('what a year saves is never said too high, and nothing is said of what cannot be compared', () => {
  expect(savedPercent(money(999, 'EUR'), money(9990, 'EUR'))).toBe(16); /* 16.67 */
  expect(savedPercent(money(999, 'EUR'), money(12_000, 'EUR'))).toBe(0);
  expect(savedPercent(money(999, 'EUR'), money(9990, 'USD'))).toBe(0);
  expect(savedPercent(money(0, 'EUR'), money(0, 'EUR'))).toBe(0);
  expect(savedPercent(null, money(1, 'EUR'))).toBe(0);
});

test('the country that a language names, or none', () => {
  expect([countryOfLocale('en-GB'), countryOfLocale('de'), countryOfLocale('es-419'), countryOfLocale('zh-Hans-CN'), countryOfLocale('not a tag')]).toEqual(['GB', undefined, undefined, 'CN', undefined]);
});

test('lines that the server writes in English are said in the language in force', () => {
  expect(lineText('discount', 'Coupon THIRD')).toBe('Coupon THIRD');
  expect(lineText('plan', 'Basic')).toBe('Basic');
});
