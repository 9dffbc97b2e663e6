// A profile's events (GET /api/v1/viewing/events), as they come.
import { expect } from '@playwright/test';
import type { Client } from './node.ts';

export interface Heard { event: string; id?: string | undefined; data: any }

export class Listener {
  readonly events: Heard[] = [];
  /** The server has closed it. */
  ended: Promise<void> = Promise.resolve();
  readonly #stop = new AbortController();
  async start(who: Client, lastEventId?: string): Promise<this> {
    const headers = { cookie: who.cookie, ...(lastEventId ? { 'last-event-id': lastEventId } : {}) };
    const r = await fetch(`${who.node.url}/api/v1/viewing/events`, { headers, signal: this.#stop.signal });
    expect([r.status, r.headers.get('content-type')]).toEqual([200, 'text/event-stream']);
    this.ended = this.#read(r).catch(() => {});
    await this.until((e) => e.event === 'ready');
    return this;
  }
  async #read(r: Response): Promise<void> {
    let text = '';
    for await (const chunk of r.body!.pipeThrough(new TextDecoderStream() as any)) {
      text += chunk;
      for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
        const block = text.slice(0, end);
        text = text.slice(end + 2);
        const part = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1];
        const event = part('event');
        if (event) this.events.push({ event, id: part('id'), data: JSON.parse(part('data') ?? 'null') });
      }
    }
  }
  async until(match: (e: Heard) => boolean): Promise<void> {
    await expect.poll(() => this.events.some(match), { intervals: [20] }).toBe(true);
  }
  stop(): void {
    this.#stop.abort();
  }
}
