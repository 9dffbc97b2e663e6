/* What a title's editor works out by itself: places in a film, and what begins and ends there. */
import { expect, test } from 'vitest';
import type { EditorField } from '@shared/api/client';
import { creditAdd, creditKeys } from '../src/lib/credits';
import { eidrCheck, externalRead } from '../src/lib/externalIds';
import { markerAdd, markerMove, type MarkerKind } from '../src/lib/markers';
import { ownPut, ownRead } from '../src/lib/ownFields';
import { timecodeRead, timecodeText } from '../src/lib/timecode';

test('a place in a film is read as people write it, and written back as the same place', () => {
  for (const [typed, seconds] of [['1:02:03.5', 3723.5], ['62:03,050', 3723.05], ['90', 90], ['0:07.04', 7.04], [' 125.25 ', 125.25]] as const) {
    expect(timecodeRead(typed), typed).toBeCloseTo(seconds, 6);
    expect(timecodeRead(timecodeText(seconds))).toBeCloseTo(seconds, 6);
  }
  expect([timecodeText(3725.5), timecodeText(65), timecodeText(59.9999)]).toEqual(['1:02:05.500', '1:05.000', '1:00.000']);
  for (const bad of ['', '1:75', '1:61:00', 'x', '-5', '1:2:3:4', '5.1234']) expect(timecodeRead(bad), bad).toBeNull();
});

const of = (kind: MarkerKind, from_s: number, to_s: number) => ({ kind, from_s, to_s, name: null });

test('a chapter ends the one that it begins in; credits last to the end', () => {
  const one = markerAdd([], 'chapter', 0, 100);
  expect(one).toEqual([of('chapter', 0, 100)]);
  const two = markerAdd(one, 'chapter', 40, 100);
  expect(two).toEqual([of('chapter', 0, 40), of('chapter', 40, 100)]);
  expect(markerAdd(two, 'chapter', 20.0004, 100)).toEqual([of('chapter', 0, 20), of('chapter', 20, 40), of('chapter', 40, 100)]);
  expect(markerAdd(two, 'credits', 90, 100)[2]).toEqual(of('credits', 90, 100));
  expect(markerAdd(two, 'intro', 5, 100)).toEqual([of('chapter', 0, 40), of('intro', 5, 65), of('chapter', 40, 100)]);
  expect(markerAdd([], 'credits', 100, 100)).toEqual([of('credits', 99.9, 100)]);
});

test('an end that is moved keeps the order, and never lies before the beginning', () => {
  const list = [of('intro', 5, 20), of('credits', 90, 100)];
  expect(markerMove(list, 0, 'to_s', 12.5, 100)).toEqual([of('intro', 5, 12.5), of('credits', 90, 100)]);
  expect(markerMove(list, 1, 'from_s', 2, 100)).toEqual([of('credits', 2, 100), of('intro', 5, 20)]);
  expect(markerMove(list, 0, 'to_s', 5, 100)).toBeNull();
  expect(markerMove(list, 0, 'to_s', 500, 100)![0]).toEqual(of('intro', 5, 100));
  expect(markerMove(list, 7, 'to_s', 5, 100)).toBeNull();
});

test('an id elsewhere is read out of what is pasted, and a slip in an EIDR is seen', () => {
  expect(eidrCheck('779185342C2390308610')).toBe('5');
  for (const [scheme, typed, value] of [
    ['eidr', ' 10.5240/7791-8534-2c23-9030-8610-5 ', '10.5240/7791-8534-2C23-9030-8610-5'], ['eidr', 'https://doi.org/10.5240/7791-8534-2C23-9030-8610-5', '10.5240/7791-8534-2C23-9030-8610-5'],
    ['imdb', 'https://www.imdb.com/title/tt0133093/?ref_=x', 'tt0133093'], ['imdb', 'tt0133093', 'tt0133093'], ['tmdb', 'https://www.themoviedb.org/movie/603-the-matrix', '603'], ['tmdb', '603', '603'],
    ['wikidata', 'https://www.wikidata.org/wiki/Q83495', 'Q83495'], ['own', ' A 7 ', 'A 7'],
  ] as const)
    expect(externalRead(scheme, typed), typed).toBe(value);
  for (const [scheme, typed] of [['eidr', '10.5240/7791-8534-2C23-9030-8601-5'], ['eidr', '10.5240/7791'], ['imdb', '0133093'], ['imdb', 'nm0000206'], ['tmdb', 'x603'], ['wikidata', 'Q'], ['own', '']] as const) expect(externalRead(scheme, typed), typed).toBeNull();
});

test('somebody who is named twice gets another job, and rows keep their keys when the server has made a person', () => {
  const one = creditAdd([], { name: 'Ana' });
  expect(one).toEqual([{ name: 'Ana', job: 'actor', character: '' }]);
  const two = creditAdd(one, { name: 'Ana' });
  expect(two[1]).toMatchObject({ job: 'director' });
  expect(creditAdd(two, { person: 'ben', name: 'Ben' })[2]).toMatchObject({ person: 'ben', job: 'director' });
  expect(creditKeys(two)).toEqual(creditKeys([{ person: 'ana', ...one[0]! }, { person: 'ana', name: 'Ana', job: 'director', character: '' }]));
  expect(new Set(creditKeys([one[0]!, one[0]!])).size).toBe(2);
});

test('an own field takes what its schema says', () => {
  const field = (type: EditorField['type'], options?: string[]): EditorField => ({ id: 'x', revision: 0, name: 'x', label: 'X', type, ...(options ? { options } : {}) });
  expect([ownRead(field('number'), '12,5'), ownRead(field('number'), 'many'), ownRead(field('number'), ' ')]).toEqual(['12.5', null, '']);
  expect([ownRead(field('date'), '2024-02-30x'), ownRead(field('date'), '2024-02-29')]).toEqual([null, '2024-02-29']);
  expect([ownRead(field('url'), 'example.org'), ownRead(field('url'), 'https://example.org')]).toEqual([null, 'https://example.org']);
  expect([ownRead(field('choice', ['a']), 'b'), ownRead(field('choice', ['a']), 'a'), ownRead(field('boolean'), 'yes')]).toEqual([null, 'a', null]);
  const list = ownPut([], 'a', '1');
  expect([ownPut(list, 'a', '2'), ownPut(list, 'b', '3'), ownPut(list, 'a', '')]).toEqual([[{ name: 'a', value: '2' }], [...list, { name: 'b', value: '3' }], []]);
});
