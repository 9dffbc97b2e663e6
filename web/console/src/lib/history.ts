/* history.ts - a value with its past: what was typed into one place in one go is one step back. */
import { useCallback, useReducer } from 'react';

export interface History<T> {
  past: readonly T[];
  now: T;
  future: readonly T[];
  /** What is on the server. */
  saved: T;
  /** Of the last change: one of the same tag joins it. */
  tag: string;
}
export type Act<T> = { kind: 'set'; value: T; tag: string } | { kind: 'undo' } | { kind: 'redo' } | { kind: 'saved'; value: T } | { kind: 'load'; value: T };
const STEPS = 300;

export const historyNew = <T,>(value: T): History<T> => ({ past: [], now: value, future: [], saved: value, tag: '' });

export function historyStep<T>(h: History<T>, act: Act<T>): History<T> {
  const before = h.past[h.past.length - 1], after = h.future[0];
  switch (act.kind) {
    case 'set':
      if (act.value === h.now) return h;
      return { ...h, past: act.tag !== '' && act.tag === h.tag && h.past.length ? h.past : [...h.past, h.now].slice(-STEPS), now: act.value, future: [], tag: act.tag };
    case 'undo':
      return before === undefined ? h : { ...h, past: h.past.slice(0, -1), now: before, future: [h.now, ...h.future], tag: '' };
    case 'redo':
      return after === undefined ? h : { ...h, past: [...h.past, h.now], now: after, future: h.future.slice(1), tag: '' };
    case 'saved':
      return { ...h, saved: act.value, tag: '' };
    case 'load':
      return historyNew(act.value);
  }
}

export function useHistory<T>(first: T) {
  const [h, act] = useReducer(historyStep<T>, first, historyNew<T>);
  const set = useCallback((value: T, tag = '') => act({ kind: 'set', value, tag }), []);
  return { ...h, set, act, dirty: h.now !== h.saved, canUndo: h.past.length > 0, canRedo: h.future.length > 0 };
}
