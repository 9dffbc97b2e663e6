import { expect, test } from 'vitest';
import type { Episode, Marker } from '@shared/api/client';
import { episodeShort, fullName, nextUp } from '../src/lib/series';
import { chapterAt, chapterTicks, offerAt } from '../src/player/markers';
import { decades, spoken } from '../src/screens/browse/choices';

const episode = (season: number, number: number, seen?: { at: string; position_s: number }): Episode => ({
  id: `${season}-${number}`,
  slug: `harbour-${season}-${number}`,
  kind: 'episode',
  series: { slug: 'harbour', name: 'Harbour Lights', season, episode: number },
  name: 'The Ferry',
  runtime_s: 1500,
  poster: null,
  still: null,
  languages: ['en'],
  max_height: 1080,
  maturity: 6,
  progress: seen ? { position_s: seen.position_s, duration_s: 1500, updated_at: seen.at } : null,
  synopsis: '',
});
const show = (...seen: [season: number, number: number, at: string, position_s: number][]) =>
  [1, 2].map((number) => ({
    number,
    episodes: [1, 2, 3].map((n) => {
      const found = seen.find(([s, e]) => s === number && e === n);
      return episode(number, n, found && { at: found[2], position_s: found[3] });
    }),
  }));

test('a series begins at its beginning, goes on where it was left, and after an episode with the next one', () => {
  expect(nextUp([])).toBeUndefined();
  expect(nextUp(show())?.id).toBe('1-1');
  expect(nextUp(show([1, 2, '2026-11-01T20:00:00Z', 400]))?.id).toBe('1-2');
  /* What was watched last counts, not what is furthest. */
  expect(nextUp(show([2, 1, '2026-11-01T20:00:00Z', 400], [1, 2, '2026-11-02T20:00:00Z', 60]))?.id).toBe('1-2');
  expect(nextUp(show([1, 3, '2026-11-01T20:00:00Z', 1496]))?.id).toBe('2-1'); // over the season's end
  expect(nextUp(show([2, 3, '2026-11-01T20:00:00Z', 1500]))?.id).toBe('1-1'); // from the last one to the first
  expect(nextUp(show([1, 1, '2026-11-01T20:00:00Z', 2]))?.id).toBe('1-1'); // two seconds are no watching
});

test('an episode is called by its series, its place and its name', () => {
  const card = episode(2, 3);
  expect(episodeShort(card)).toBe('S2 E3');
  expect(fullName(card)).toBe('Harbour Lights · S2 E3 · The Ferry');
  expect(fullName({ series: null, name: 'Tide' })).toBe('Tide');
  expect(episodeShort({ series: { slug: 'harbour', name: 'Harbour Lights', season: 2, episode: null } })).toBe('');
});

const mark = (kind: Marker['kind'], from_s: number, to_s: number, name: string | null = null): Marker => ({ kind, from_s, to_s, name });

test('the intro and the recap are offered to be skipped while they run, and not in their last seconds', () => {
  const markers = [mark('recap', 0, 30), mark('intro', 40, 70), mark('chapter', 0, 600)];
  expect(offerAt(markers, 5, 1500, true)).toEqual({ what: 'recap', to_s: 30 });
  expect(offerAt(markers, 35, 1500, true)).toBeNull();
  expect(offerAt(markers, 40, 1500, true)).toEqual({ what: 'intro', to_s: 70 });
  expect(offerAt(markers, 68, 1500, true)).toBeNull();
});

test('the next episode is offered with the credits, or in the last seconds where nobody marked them', () => {
  const credits = [mark('credits', 1400, 1500)];
  expect(offerAt(credits, 1399, 1500, true)).toBeNull();
  expect(offerAt(credits, 1400, 1500, true)).toEqual({ what: 'next' });
  expect(offerAt([], 1480, 1500, true)).toBeNull();
  expect(offerAt([], 1489, 1500, true)).toEqual({ what: 'next' });
  expect(offerAt([], 1499, 1500, false)).toBeNull();
  /* Credits with a scene behind them are skipped to it; credits that are the end are nothing to skip. */
  expect(offerAt([mark('credits', 1300, 1400)], 1310, 1500, false)).toEqual({ what: 'credits', to_s: 1400 });
  expect(offerAt(credits, 1410, 1500, false)).toBeNull();
  /* A clip of ten seconds is no film with a next one from its first second on. */
  expect(offerAt([], 3, 10, true)).toBeNull();
});

test('chapters are ticks within the line, and have names', () => {
  const markers = [mark('chapter', 0, 100, 'Arrival'), mark('chapter', 100, 1500, 'The Ferry'), mark('intro', 10, 20)];
  expect(chapterTicks(markers, 1500).map((one) => one.from_s)).toEqual([100]);
  expect([chapterAt(markers, 50), chapterAt(markers, 100), chapterAt(markers, 1500)]).toEqual(['Arrival', 'The Ferry', null]);
});

test('decades end with the one that is running; a language from an address can be chosen though few speak it', () => {
  expect(decades(new Date('2026-01-01')).slice(0, 2)).toEqual([2020, 2010]);
  expect(decades(new Date('2026-01-01')).at(-1)).toBe(1920);
  expect(spoken('is')[0]).toBe('is');
  expect(spoken('fr')).toEqual(spoken(''));
});
