import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ApiError, type Heartbeat } from '@shared/api/client';
import { HeartbeatClock, SETTLE_MS, type Beat } from '../src/player/heartbeat';

function setUp(answer: () => Promise<void> = async () => {}) {
  const now: Beat = { position_s: 0, state: 'playing' };
  const sent: (Heartbeat & { leaving: boolean })[] = [];
  const lost: string[] = [];
  const clock = new HeartbeatClock(10, () => ({ ...now }), (body, leaving) => (sent.push({ ...body, leaving }), answer()), (reason) => lost.push(reason));
  return { now, sent, lost, clock };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('heartbeats', () => {
  test('nothing is told before the first frame, so that the place to resume at survives a slow start', () => {
    const { clock, sent } = setUp();
    clock.now();
    clock.seeked();
    clock.leave();
    vi.advanceTimersByTime(60_000);
    expect(sent).toEqual([]);
  });

  test('one at the start and one every 10 s while playing', () => {
    const { clock, sent, now } = setUp();
    clock.start();
    for (let i = 1; i <= 3; i++) {
      now.position_s = i * 10;
      vi.advanceTimersByTime(10_000);
    }
    expect(sent.map((b) => b.position_s)).toEqual([0, 10, 20, 30]);
  });

  test('pause tells at once and then rests; play goes on', () => {
    const { clock, sent, now } = setUp();
    clock.start();
    now.state = 'paused';
    now.position_s = 3.4567;
    clock.now();
    vi.advanceTimersByTime(60_000);
    expect(sent.map((b) => [b.state, b.position_s])).toEqual([['playing', 0], ['paused', 3.457]]);
    now.state = 'playing';
    clock.now();
    vi.advanceTimersByTime(10_000);
    expect(sent).toHaveLength(4);
  });

  test('a drag along the scrubber is one beat, where it ended', () => {
    const { clock, sent, now } = setUp();
    clock.start();
    for (const at of [100, 200, 300]) {
      now.position_s = at;
      clock.seeked();
      vi.advanceTimersByTime(SETTLE_MS / 2);
    }
    vi.advanceTimersByTime(SETTLE_MS);
    expect(sent.map((b) => b.position_s)).toEqual([0, 300]);
  });

  test('reports are counted, and say when they were true and when they are sent', () => {
    const { clock, sent } = setUp();
    clock.start();
    vi.advanceTimersByTime(20_000);
    expect(sent.map((b) => b.seq)).toEqual([1, 2, 3]);
    expect(sent.every((b) => b.at === b.sent_at)).toBe(true);
  });

  test('what could not be told offline is told later as what it was then, once, and the latest only', async () => {
    let offline = false;
    const { clock, sent, now, lost } = setUp(async () => {
      if (offline) throw new TypeError('Failed to fetch');
    });
    clock.start();
    await vi.advanceTimersByTimeAsync(0);
    offline = true;
    now.position_s = 10;
    await vi.advanceTimersByTimeAsync(10_000);
    now.position_s = 20;
    now.state = 'paused';
    clock.now();
    await vi.advanceTimersByTimeAsync(0);
    const { at, seq } = sent.at(-1)!;
    offline = false;
    await vi.advanceTimersByTimeAsync(24 * 3600_000);
    expect(sent).toHaveLength(3);
    clock.online();
    await vi.advanceTimersByTimeAsync(0);
    expect(sent.at(-1)).toMatchObject({ position_s: 20, state: 'paused', at, seq });
    expect(Date.parse(sent.at(-1)!.sent_at!) - Date.parse(at!)).toBe(24 * 3600_000);
    const told = sent.length;
    clock.online();
    expect(sent).toHaveLength(told);
    expect(lost).toEqual([]);
  });

  test('leaving tells with keepalive, but not what was told a moment ago', () => {
    const { clock, sent, now } = setUp();
    clock.start();
    clock.leave();
    now.position_s = 5;
    clock.leave();
    expect(sent.map((b) => [b.position_s, b.leaving])).toEqual([[0, false], [5, true]]);
  });

  test('after the end there is silence', () => {
    const { clock, sent, now } = setUp();
    clock.start();
    now.state = 'ended';
    clock.now();
    vi.advanceTimersByTime(60_000);
    expect(sent.map((b) => b.state)).toEqual(['playing', 'ended']);
  });

  test.each([
    [401, ['signed_out']],
    [404, ['gone']],
    [409, ['stopped']],
    [0, []],
    [503, []],
  ])('status %i means %j', async (status, reasons) => {
    const { clock, lost } = setUp(async () => {
      throw new ApiError(status, 'x', '');
    });
    clock.start();
    await vi.advanceTimersByTimeAsync(0);
    expect(lost).toEqual(reasons);
  });
});
