/*
 * queue.ts - what happened on the screens, posted in batches. An event is kept until the server has taken it or
 * refused it for good; a full queue forgets the oldest. Nothing here may ever disturb the viewer.
 */
import { ApiError, clientEventsCreate, type ClientEvent } from '@shared/api/client';
import { ulid } from '../lib/id';
import { deviceId } from '../lib/store';

export type Note = Omit<ClientEvent, 'id' | 'at'>;
type Send = (events: ClientEvent[], leaving: boolean) => Promise<void>;

export const BATCH = 50; /* events a request */
export const KEEP = 500; /* events kept while the server is away */

export class EventQueue {
  #waiting: ClientEvent[] = [];
  #sending = false;
  constructor(
    private readonly send: Send,
    private readonly now: () => number = Date.now,
  ) {}

  note(note: Note): void {
    this.#waiting.push({ id: ulid(this.now()), at: new Date(this.now()).toISOString(), ...note });
    if (this.#waiting.length > KEEP) this.#waiting.splice(0, this.#waiting.length - KEEP);
    if (this.#waiting.length >= BATCH) void this.flush();
  }

  forget(): void {
    this.#waiting = [];
  }

  get length(): number {
    return this.#waiting.length;
  }

  /** leaving: the page may be gone before an answer comes, so the batch isn't waited for. */
  async flush(leaving = false): Promise<void> {
    if ((this.#sending && !leaving) || !this.#waiting.length) return;
    const batch = this.#waiting.splice(0, BATCH);
    this.#sending = true;
    try {
      await this.send(batch, leaving);
    } catch (error) {
      const refused = error instanceof ApiError && error.status >= 400 && error.status < 500 && error.status !== 429;
      if (!refused) this.#waiting.unshift(...batch);
    } finally {
      this.#sending = false;
    }
  }
}

const queue = new EventQueue((events, leaving) =>
  clientEventsCreate({ version: 1, sent_at: new Date().toISOString(), device_id: deviceId(), events }, { keepalive: leaving }),
);

export const eventNote = (note: Note): void => queue.note(note);

export const eventsForget = (): void => queue.forget();

export function eventsStart(every_ms = 10_000): void {
  setInterval(() => void queue.flush(), every_ms);
  addEventListener('pagehide', () => void queue.flush(true));
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'hidden') void queue.flush(true);
  });
}
