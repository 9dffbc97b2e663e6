import { expect, test } from 'vitest';
import { addressWords, codeShaped, pollNext, type Poll } from '../src/lib/pairing';

const waiting: Poll = { state: 'pending', interval_s: 5 };

test('every answer of RFC 8628 is understood, and nothing else stops the asking', () => {
  expect(pollNext(waiting, 'authorization_pending')).toEqual(waiting);
  expect(pollNext(waiting, 'slow_down')).toEqual({ state: 'pending', interval_s: 10 });
  expect(pollNext(pollNext(waiting, 'slow_down'), 'slow_down').interval_s).toBe(15);
  expect(pollNext(waiting, 'access_denied').state).toBe('denied');
  expect(pollNext(waiting, 'expired_token').state).toBe('expired');
  expect(pollNext(waiting, 'invalid_grant').state).toBe('expired');
  for (const code of ['network', 'http', 'limit', 'store.down', '']) expect(pollNext(waiting, code)).toEqual(waiting);
  /* Asking again must look like news, or the clock that asks stands still. */
  expect(pollNext(waiting, 'network')).not.toBe(waiting);
});

test('a code takes its shape while it is typed', () => {
  expect(['w', 'wdjb', 'wdjbm', 'WDJB-MJHT', ' wdjb mjht ', 'wdjb–mjhtxx', '0o1l'].map(codeShaped)).toEqual(['W', 'WDJB', 'WDJB-M', 'WDJB-MJHT', 'WDJB-MJHT', 'WDJB-MJHT', '0O1L']);
  expect(codeShaped('<script>')).toBe('SCRI-PT');
});

test('an address is shown as it is typed', () => {
  expect(addressWords('https://tv.example.org/activate')).toBe('tv.example.org/activate');
});
