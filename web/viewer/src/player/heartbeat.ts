/*
 * heartbeat.ts - tells the server where the viewer is: every every_s while playing, and at once on play, pause, seek,
 * end, and when the page goes (then with keepalive). Until the first frame it is silent: the position of a player
 * that is still loading would overwrite the place to resume at.
 *
 * Reports are counted (seq), so that one which is overtaken on its way is dropped; and each says when it was true and
 * when it is sent, by the same clock, so that what was watched offline counts as watched then. The latest report that the
 * server could not be told is told again when the browser is online.
 */
import { ApiError, type Heartbeat } from '@shared/api/client';

export type Beat = { position_s: number; state: Heartbeat['state'] };
type Send = (body: Heartbeat, leaving: boolean) => Promise<void>;
/** stopped: the server wants nothing more to be played here; the error says why. */
type Lost = (reason: 'signed_out' | 'gone' | 'stopped', error: ApiError) => void;

export const SETTLE_MS = 400; /* a drag along the scrubber is one seek */

export class HeartbeatClock {
  #timer: ReturnType<typeof setTimeout> | undefined;
  #settle: ReturnType<typeof setTimeout> | undefined;
  #started = false;
  #last: string | null = null;
  #seq = 0;
  #untold: Omit<Heartbeat, 'sent_at'> | undefined;

  constructor(
    private readonly every_s: number,
    private readonly read: () => Beat,
    private readonly send: Send,
    private readonly lost: Lost,
  ) {}

  /** The first frame is on the screen. */
  start(): void {
    if (this.#started) return;
    this.#started = true;
    this.now();
  }

  /** play, pause and ended come here. */
  now(): void {
    if (!this.#started) return;
    clearTimeout(this.#settle);
    this.#beat(false);
    this.#schedule();
  }

  seeked(): void {
    if (!this.#started) return;
    clearTimeout(this.#settle);
    this.#settle = setTimeout(() => this.now(), SETTLE_MS);
  }

  /** The page is being hidden or closed; a position told already isn't told again. */
  leave(): void {
    if (this.#started) this.#beat(true);
  }

  /** There is a network again: what could not be told is told now, also after playing has ended. */
  online(): void {
    if (this.#untold) this.#tell(this.#untold, false);
  }

  stop(): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#settle);
    this.#started = false;
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    const { state } = this.read();
    if (state === 'paused' || state === 'ended') return;
    this.#timer = setTimeout(() => {
      this.#beat(false);
      this.#schedule();
    }, this.every_s * 1000);
  }

  #beat(leaving: boolean): void {
    const { position_s, state } = this.read();
    const told = `${state} ${position_s.toFixed(1)}`;
    if (leaving && told === this.#last) return;
    this.#last = told;
    this.#tell({ position_s: Math.round(position_s * 1000) / 1000, state, at: new Date().toISOString(), seq: ++this.#seq }, leaving);
  }

  #tell(report: Omit<Heartbeat, 'sent_at'>, leaving: boolean): void {
    this.send({ ...report, sent_at: new Date().toISOString() }, leaving)
      .then(() => {
        if (this.#untold && this.#untold.seq! <= report.seq!) this.#untold = undefined;
      })
      .catch((error: unknown) => {
        const heard = error instanceof ApiError && error.status < 500 && error.status !== 429;
        if (!heard) {
          /* the next beat says where it is then; this one stands until it is told */
          if (!this.#untold || this.#untold.seq! < report.seq!) this.#untold = report;
          return;
        }
        this.#untold = undefined;
        if (error.status === 401) this.lost('signed_out', error);
        else if (error.status === 404) this.lost('gone', error);
        else if (error.status === 409) this.lost('stopped', error);
      });
  }
}
