import { expect, test } from 'vitest';
import { colourMix, colourParse, contrast, lookCheck } from '../src/lib/colour';
import { Draft } from '../src/lib/draft';
import { localOf, momentOf } from '../src/lib/moment';
import { moved, placeOf } from '../src/ui/Sortable';

test('letters of one field are one step; another field, an undo or a save begins another', () => {
  const draft = new Draft({ a: '', b: '' });
  for (const a of ['x', 'xy', 'xyz']) draft.set({ ...draft.value, a }, 'a');
  draft.set({ ...draft.value, b: '1' }, 'b');
  draft.undo();
  expect(draft.value).toEqual({ a: 'xyz', b: '' });
  draft.undo();
  expect(draft.value).toEqual({ a: '', b: '' });
  expect([draft.dirty, draft.canUndo, draft.canRedo]).toEqual([false, false, true]);
  draft.redo();
  expect(draft.value.a).toBe('xyz');
  draft.settle(draft.value, { a: 'xyz', b: '' }, 1);
  draft.set({ ...draft.value, a: 'xyzz' }, 'a');
  draft.undo();
  expect([draft.value.a, draft.dirty]).toEqual(['xyz', false]);
});

test('what was typed while a save was under way stays, and a save can be taken back', () => {
  const draft = new Draft({ a: 1 }, 4);
  draft.set({ a: 2 });
  const sent = draft.value;
  draft.set({ a: 3 });
  draft.settle(sent, { a: 2 }, 5);
  expect([draft.value.a, draft.saved.a, draft.dirty]).toEqual([3, 2, true]);
  draft.refresh({ a: 2 }, 6);
  expect(draft.revision).toBe(6); /* it grew by something that is not shown here */
  draft.refresh({ a: 9 }, 7);
  expect([draft.value.a, draft.revision]).toEqual([3, 6]); /* somebody else's does not take what is unsaved, and is not saved over */
  draft.replace({ a: 9 }, 7);
  expect([draft.value.a, draft.revision, draft.dirty]).toEqual([9, 7, false]);
  draft.undo();
  expect([draft.value.a, draft.dirty]).toEqual([3, true]);
});

test('a thing is dropped where the pointer is, whatever the others’ heights', () => {
  const middles = [20, 100, 180, 400];
  expect([placeOf(middles, 1, 100), placeOf(middles, 1, 21), placeOf(middles, 1, 19), placeOf(middles, 1, 181), placeOf(middles, 1, 500)]).toEqual([1, 1, 0, 2, 3]);
  expect(placeOf(middles, 3, -5)).toBe(0);
  expect(moved(['a', 'b', 'c'], 2, 0)).toEqual(['c', 'a', 'b']);
  expect(moved(['a', 'b', 'c'], 0, 2)).toEqual(['b', 'c', 'a']);
});

test('a look is read as the server reads it', () => {
  const of = (text: string) => colourParse(text)!;
  expect(contrast(of('#000000'), of('#ffffff'))).toBeCloseTo(21);
  expect(contrast(of('#777777'), of('#ffffff'))).toBeCloseTo(4.48, 2);
  expect(colourMix(of('#000000'), of('#ffffff'), 0.5)).toEqual([128, 128, 128]);
  expect(colourParse('#12345')).toBeNull();
  expect(lookCheck(of('#0b0c10'), of('#f2f3f5'), of('#f5b342')).good).toBe(true); /* the house's own */
  expect(lookCheck(of('#0b0c10'), of('#f2f3f5'), of('#332200')).checks.map((one) => one.good)).toEqual([true, true, false]);
  expect(lookCheck(of('#ffffff'), of('#000000'), of('#0000aa'))).toMatchObject({ dark: false, good: false });
});

test('a moment goes through a field and back', () => {
  expect(localOf(momentOf('2026-12-01T18:30'))).toBe('2026-12-01T18:30');
  expect([momentOf(''), momentOf('2026-12'), localOf(null), localOf('nonsense')]).toEqual([null, null, '', '']);
});
