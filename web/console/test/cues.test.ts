import { expect, test } from 'vitest';
import { changed, cuesOf, indexAt, inserted, linesOf, merged, rateAnchor, removed, shifted, split, stretched, timeOf, timeText, warningsOf, wordsOf, type Lines } from '../src/lib/cues';
import { historyNew, historyStep } from '../src/lib/history';
import { distanceOf } from '../src/lib/distance';

const cue = (start_ms: number, end_ms: number, text: string) => ({ start_ms, end_ms, text, settings: '' });
const limits = { chars_per_s: 21, line_chars: 42, lines: 2, min_ms: 700, max_ms: 8000 };
const texts = (lines: Lines | null) => lines?.map((line) => line.text);
const times = (lines: Lines | null) => lines?.map((line) => [line.start, line.end]);

test('times are written and read as people type them', () => {
  expect([0, 62_500, 3_723_004].map(timeText)).toEqual(['00:00.000', '01:02.500', '1:02:03.004']);
  expect(['1:02:03.004', '62.5', '01:02,5', ' 90 ', '2:00'].map(timeOf)).toEqual([3_723_004, 62_500, 62_500, 90_000, 120_000]);
  expect(['', 'x', '1:60', '1:60:00', '1.2345', '-1'].map(timeOf)).toEqual([null, null, null, null, null, null]);
  expect(['1.5', '-0,25', '−1:00', '+2', '--1'].map(distanceOf)).toEqual([1500, -250, -60_000, 2000, null]);
});

test('words go to the server as they came, and are shown without their marks', () => {
  const lines = linesOf([cue(0, 1000, 'Tom &amp; <i>Jerry</i> &lt;3 &amp;lt;')]);
  expect(lines[0]!.text).toBe('Tom & <i>Jerry</i> &lt;3 &amp;lt;');
  expect(wordsOf(lines[0]!.text)).toBe('Tom & Jerry <3 &lt;');
  expect(cuesOf(lines)[0]!.text).toBe('Tom &amp; <i>Jerry</i> &lt;3 &amp;lt;');
  expect(cuesOf(changed(lines, lines[0]!.key, { text: 'a\n\n\nb ' }))[0]!.text).toBe('a\nb');
});

test('lines are split, joined, put in and taken out, always in order', () => {
  const lines = linesOf([cue(1000, 3000, 'one two\nthree'), cue(4000, 5000, 'four')]);
  const key = lines[0]!.key;
  const two = split(lines, key, 1800)!;
  expect(texts(two.lines)).toEqual(['one two', 'three', 'four']);
  expect(times(two.lines)).toEqual([[1000, 1800], [1800, 3000], [4000, 5000]]);
  expect(split(lines, key, null)!.lines[1]!.start).toBe(2000);
  expect(split(linesOf([cue(0, 100, 'x')]), 0, null)).toBeNull();
  expect(texts(merged(two.lines, key))).toEqual(['one two\nthree', 'four']);
  expect(merged(lines, lines[1]!.key)).toBeNull();
  expect(times(inserted(lines, 2000).lines)).toEqual([[1000, 3000], [3000, 4000], [4000, 5000]]);
  expect(times(inserted(lines, 0).lines)![0]).toEqual([0, 1000]);
  expect(times(changed(lines, key, { start: 4500, end: 4600 }))).toEqual([[4000, 5000], [4500, 4600]]);
  expect(texts(removed(lines, key))).toEqual(['four']);
});

test('shift and stretch do what the server does', () => {
  const lines = linesOf([cue(1000, 2000, 'a'), cue(5000, 6000, 'b')]);
  expect(times(shifted(lines, -1500))).toEqual([[0, 500], [3500, 4500]]);
  expect(times(shifted(lines, 250, 5000))).toEqual([[1000, 2000], [5250, 6250]]);
  expect(shifted(lines, -2000)).toBeNull();
  const far = linesOf([cue(10_000, 12_000, 'a'), cue(60_000, 61_000, 'b'), cue(110_000, 112_000, 'c')]);
  expect(times(stretched(far, { from: 110_000, to: 121_000 }, { from: 10_000, to: 11_000 }))).toEqual([[11_000, 13_200], [66_000, 67_100], [121_000, 123_200]]);
  expect(stretched(far, { from: 0, to: 0 }, { from: 0, to: 1000 })).toBeNull();
  expect(stretched(far, { from: 0, to: 0 }, { from: 1000, to: 2001 })).toBeNull();
  expect(stretched(linesOf([cue(7_200_000, 7_201_000, 'x')]), { from: 0, to: 0 }, rateAnchor('25', '23.976')!)![0]!.start).toBe(7_507_500);
  expect(rateAnchor('26', '25')).toBeNull();
});

test('what is hard to read is said, and the line that stands now is found', () => {
  const lines = linesOf([cue(0, 1000, 'Fifty characters in one second, which nobody reads.'), cue(900, 1200, 'x'), cue(2000, 11_000, 'one\ntwo\nthree'), cue(58_000, 61_000, '<i>Grüße</i> &amp; more')]);
  const said = (i: number) => warningsOf(lines[i]!, lines[i + 1], 60_000, limits).map(({ code, value }) => [code, value]);
  expect(said(0)).toEqual([['overlap', 100], ['too_fast', 51], ['long_line', 51]]);
  expect(said(1)).toEqual([['too_short', 300]]);
  expect(said(2)).toEqual([['too_long', 9000], ['many_lines', 3]]);
  expect(said(3)).toEqual([['past_end', 1000]]);
  expect(warningsOf({ ...lines[0]!, end: 0, text: ' ' }, undefined, 0, limits).map(({ code }) => code)).toEqual(['negative', 'empty']);
  expect([500, 950, 1250, 5000, 70_000].map((ms) => indexAt(lines, ms))).toEqual([0, 1, -1, 2, -1]);
});

test('a step back is one thing that somebody did; what is saved stays known', () => {
  let h = historyNew('a');
  const set = (value: string, tag = '') => { h = historyStep(h, { kind: 'set', value, tag }); };
  set('ab', 'text1');
  set('abc', 'text1');
  set('x');
  expect([h.now, h.past]).toEqual(['x', ['a', 'abc']]);
  h = historyStep(historyStep(h, { kind: 'undo' }), { kind: 'undo' });
  expect([h.now, h.now === h.saved, h.future]).toEqual(['a', true, ['abc', 'x']]);
  h = historyStep(h, { kind: 'redo' });
  h = historyStep(h, { kind: 'saved', value: h.now });
  set('abcd', 'text1');
  expect([h.saved, h.past, h.future]).toEqual(['abc', ['a', 'abc'], []]);
});
