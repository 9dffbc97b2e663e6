import { expect, test } from 'vitest';
import type { Title } from '@shared/api/client';
import { changesOf, docOf } from '../src/api/titles';
import { bytesText, clockText, decimalOf, minorOf, moneyText } from '../src/lib/format';
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

test('a change of words goes out once a language, facts with the first', () => {
  expect(changesOf({ year: 2001, 'name.de': 'Ebbe', 'synopsis.de': 'Wasser.', name: 'Tide' })).toEqual([{ lang: 'de', name: 'Ebbe', synopsis: 'Wasser.', year: 2001 }, { name: 'Tide' }]);
  expect(changesOf({ published: true })).toEqual([{ published: true }]);
  expect(changesOf({})).toEqual([]);
});

test('a language in which nothing is written is empty, not a copy', () => {
  const title = { name: 'Tide', synopsis: 'Water.', maturity: 12, published: false } as Title;
  const { fields } = docOf(title, { de: { ...title, name: 'Ebbe' }, fr: title });
  expect(fields).toEqual({ year: null, maturity: 12, published: false, name: 'Tide', synopsis: 'Water.', 'name.de': 'Ebbe', 'synopsis.de': '', 'name.fr': '', 'synopsis.fr': '' });
});
