import { expect, test } from 'vitest';
import type { EditorTitle } from '@shared/api/client';
import { changeOf, fieldsOf } from '../src/api/titles';
import { bytesText, clockText, decimalOf, minorOf, moneyText } from '../src/lib/format';
import { monthOf, monthShift, monthSpan } from '../src/lib/month';
import { rankOf } from '../src/lib/rank';
import { stepsOf } from '../src/lib/steps';
import { rangeBetween } from '../src/ui/Table';

test('amounts lose no cent on their way through a field', () => {
  expect(minorOf('9,99', 2)).toBe(999);
  expect(minorOf(' 10.5 ', 2)).toBe(1050);
  expect(minorOf('500', 0)).toBe(500);
  for (const bad of ['', '-1', '9.999', '1e3', '1,000.00', 'nine']) expect(minorOf(bad, 2), bad).toBeNull();
  expect(decimalOf(7, 2)).toBe('0.07');
  expect(moneyText({ minor: 1_234_507, currency: 'EUR', exponent: 2 }, 'en-GB')).toBe('€12,345.07');
});

test('lengths and sizes', () => {
  expect([clockText(65), clockText(5025), clockText(0)]).toEqual(['1:05', '1:23:45', '0:00']);
  expect(bytesText(1_500_000_000, 'en')).toBe('1.5 GB');
  expect(bytesText(0, 'en')).toBe('0 bytes');
});

test('what begins with the letters comes before what only holds them', () => {
  const order = (q: string) => ['Sign out', 'Titles', 'Audit log', 'Upload films'].map((name) => rankOf(name, q));
  expect(order('t')).toEqual([2, 4, 2, 0]);
  expect(rankOf('Été', 'ete')).toBe(4);
  expect(rankOf('Upload films', 'upfi')).toBe(1);
  expect(rankOf('Titles', 'zzz')).toBe(0);
});

test('steps: done before, now, next', () => {
  const states = (state: never, stage: string | null) => stepsOf({ state, stage }).map((step) => step.state);
  expect(states('running' as never, 'audio')).toEqual(['done', 'now', 'next', 'next', 'next']);
  expect(states('queued' as never, null)).toEqual(['next', 'next', 'next', 'next', 'next']);
  expect(states('done' as never, null)).toEqual(['done', 'done', 'done', 'done', 'done']);
});

test('Shift takes all rows between, both ways', () => {
  const ids = ['a', 'b', 'c', 'd'];
  expect(rangeBetween(ids, 'd', 'b')).toEqual(['b', 'c', 'd']);
  expect(rangeBetween(ids, null, 'b')).toEqual(['b']);
  expect(rangeBetween(ids, 'gone', 'c')).toEqual(['c']);
});

const whole = {
  id: 'x', lang: 'en', revision: 7, year: 1999, maturity: null, published: false, released_on: null, number: 0, genres: ['drama'], tags: [],
  texts: [{ lang: 'en', name: 'Tide', synopsis: 'Water.' }, { lang: 'de', name: 'Ebbe' }],
} as unknown as EditorTitle;

test('a change of words sends all languages, for what is not among them goes; facts alone send no words', () => {
  const fields = { ...fieldsOf(whole), 'name.de': 'Flut', 'name.fr': ' ' };
  expect(changeOf({ 'name.de': 'Flut' }, fields, 'en')).toEqual({
    revision: 7,
    texts: [{ lang: 'en', name: 'Tide', synopsis: 'Water.', tagline: '', sort_name: '' }, { lang: 'de', name: 'Flut', synopsis: '', tagline: '', sort_name: '' }],
  });
  expect(changeOf({ year: 2001, genres: [] }, fields, 'en')).toEqual({ revision: 7, year: 2001, genres: [] });
});

test('months: written, shifted over the year, and whole', () => {
  expect([monthOf('2026-13', new Date(2026, 10, 23)), monthOf('2027-02', new Date())]).toEqual(['2026-11', '2027-02']);
  expect([monthShift('2026-12', 1), monthShift('2026-01', -1)]).toEqual(['2027-01', '2025-12']);
  const { from, to } = monthSpan('2028-02');
  expect((Date.parse(to) - Date.parse(from)) / 86_400_000).toBe(29);
});
