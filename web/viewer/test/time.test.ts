import { describe, expect, test } from 'vitest';
import { clockTime, leftText, resumeAt, runtimeText, watchedFraction } from '../src/lib/time';

describe('clockTime', () => {
  test.each([
    [0, '0:00'], [42, '0:42'], [59.999, '0:59'], [60, '1:00'], [3599, '59:59'], [3600, '1:00:00'], [3723.9, '1:02:03'], [36000, '10:00:00'],
    [-5, '0:00'], [NaN, '0:00'], [Infinity, '0:00'],
  ])('%s s reads %s', (seconds, text) => expect(clockTime(seconds)).toBe(text));
});

test('a length is said in the largest units that fit', () => {
  expect([12, 60, 3540, 3600, 7680].map(runtimeText)).toEqual(['12 s', '1 min', '59 min', '1 h', '2 h 8 min']);
});

test('what is left is rounded up, and never nothing', () => {
  expect(leftText(0, 61)).toBe('2 min left');
  expect(leftText(60, 60)).toBe('1 s left');
  expect(leftText(9.4, 23)).toBe('14 s left');
  expect(leftText(0, 7260)).toBe('2 h 1 min left');
});

test('a fraction stays between 0 and 1 whatever comes in', () => {
  expect([watchedFraction(5, 10), watchedFraction(12, 10), watchedFraction(-1, 10), watchedFraction(1, 0)]).toEqual([0.5, 1, 0, 0]);
});

test('resuming is offered between the first seconds and the last', () => {
  const at = (position_s: number) => resumeAt({ position_s, duration_s: 100 });
  expect([at(0), at(4.9), at(5), at(91), at(92), at(100), resumeAt(null)]).toEqual([0, 0, 5, 91, 0, 0, 0]);
});
