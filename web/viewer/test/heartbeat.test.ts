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
