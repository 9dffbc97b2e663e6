import { expect, test, vi } from 'vitest';
import { ApiError, type ClientEvent } from '@shared/api/client';
import { BATCH, EventQueue, KEEP } from '../src/events/queue';
import { ulid } from '../src/lib/id';
import { safePath } from '../src/lib/redirect';

const note = (n: number) => ({ name: `e${n}` });

test('events go in batches, in order, each with an id of its own', async () => {
  const batches: ClientEvent[][] = [];
  const queue = new EventQueue(async (events) => void batches.push(events));
  for (let i = 0; i < BATCH + 3; i++) queue.note(note(i));
  await vi.waitFor(() => expect(batches).toHaveLength(1));
  await queue.flush();
  expect(batches.map((b) => b.length)).toEqual([BATCH, 3]);
  expect(new Set(batches.flat().map((e) => e.id)).size).toBe(BATCH + 3);
  expect(batches[1]?.[2]?.name).toBe(`e${BATCH + 2}`);
});

test('what the server did not take is kept, what it refused is dropped', async () => {
  const answers = [new ApiError(503, 'away', ''), new ApiError(400, 'invalid', '')];
  const queue = new EventQueue(async () => {
    const answer = answers.shift();
    if (answer) throw answer;
  });
  queue.note(note(1));
  await queue.flush();
  expect(queue.length).toBe(1);
  await queue.flush();
  expect(queue.length).toBe(0);
});

test('a server that stays away costs old events, not memory', async () => {
  const queue = new EventQueue(async () => {
    throw new ApiError(0, 'network', '');
  });
  for (let i = 0; i < KEEP * 2; i++) queue.note(note(i));
  await vi.waitFor(() => expect(queue.length).toBeLessThanOrEqual(KEEP));
});

test('a ULID is 26 characters that sort by time', () => {
  const [early, late] = [ulid(1_700_000_000_000), ulid(1_700_000_000_001)];
  expect(early).toMatch(/^[0-9A-HJKMNP-TV-Z]{26}$/);
  expect(early < late).toBe(true);
  expect(ulid(0, new Uint8Array(16))).toBe('0'.repeat(26));
});

test.each([
  ['/title/sintel', '/title/sintel'], ['/watch/x?from=0', '/watch/x?from=0'], [null, '/'], ['', '/'],
  ['//evil.example', '/'], ['https://evil.example', '/'], ['/\\evil.example', '/'], ['/sign-in?to=/sign-in', '/'], ['javascript:alert(1)', '/'],
])('after signing in, %s leads to %s', (to, path) => expect(safePath(to)).toBe(path));
