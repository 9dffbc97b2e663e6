/*
 * uploads.ts - files on their way to the server: a queue of which two go at a time, with how far and how fast each is; each can be
 * paused, gone on with, given up. It lives outside of the screens, so that uploads go on while somebody does something else. How one
 * file is sent is given (transport).
 */
import { titleOfFile } from './fileName';

export type UploadState = 'waiting' | 'sending' | 'paused' | 'sent' | 'failed' | 'cancelled';

/** A file and what is to become of it. */
export interface Wanted {
  file: File;
  /** Name of the new title, or of the one that gets the film. */
  title?: string;
  /** The title whose film it becomes; absent: a new one. */
  into?: string | undefined;
  handle?: FileSystemFileHandle | undefined;
}

export interface Upload extends Wanted {
  key: number;
  title: string;
  state: UploadState;
  sent: number;
  /** Bytes a second, over the last seconds; 0: not known yet. */
  speed: number;
  /** The line is broken; it is tried again by itself. */
  stuck: boolean;
  /** Its address on the server, once it has one. */
  url: string | null;
  /** The import that it became. */
  importId: string | null;
  error: unknown;
}

export interface Told {
  progress(sent: number): void;
  stuck(): void;
  at(url: string): void;
}

export interface Transport {
  /** Sends one file, from where it stopped; tells how far it is; gives the import's id. Rejects with anything when stopped. */
  send(upload: Upload, tell: Told, signal: AbortSignal): Promise<string | null>;
  /** It is given up: what has arrived goes. */
  forget(upload: Upload): Promise<void>;
}

const AT_ONCE = 2;
const SPEED_MS = 4000;
const going: readonly UploadState[] = ['waiting', 'sending'];

export class Uploads {
  list: readonly Upload[] = [];
  onSent: (upload: Upload) => void = () => undefined;
  #next = 1;
  #transport: Transport;
  #stops = new Map<number, AbortController>();
  #marks = new Map<number, [number, number][]>();
  #listeners = new Set<() => void>();
  #now: () => number;

  constructor(transport: Transport, now: () => number = () => performance.now()) {
    this.#transport = transport;
    this.#now = now;
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };
  snapshot = (): readonly Upload[] => this.list;

  get busy(): boolean {
    return this.list.some((one) => going.includes(one.state));
  }

  add(wanted: readonly Wanted[]): void {
    const added = wanted.map((one): Upload => ({ ...one, key: this.#next++, title: one.title || titleOfFile(one.file.name), state: 'waiting', sent: 0, speed: 0, stuck: false, url: null, importId: null, error: null }));
    this.#set([...added.reverse(), ...this.list]);
    this.#pump();
  }

  pause(key: number): void {
    this.#halt(key, 'paused');
  }

  /** Given up for good: nothing of it stays on the server. */
  async stop(key: number): Promise<void> {
    const upload = this.#find(key);
    this.#halt(key, 'cancelled');
    if (upload) await this.#transport.forget(upload);
  }

  /** From where it stopped. */
  retry(key: number): void {
    this.#change(key, { state: 'waiting', speed: 0, stuck: false, error: null });
    this.#pump();
  }

  /** What the line broke, once there is one again. */
  retryBroken(broken: (error: unknown) => boolean): void {
    for (const one of this.list) if (one.state === 'failed' && broken(one.error)) this.retry(one.key);
  }

  drop(key: number): void {
    this.#set(this.list.filter((one) => one.key !== key));
  }

  #halt(key: number, state: UploadState): void {
    this.#change(key, { state, speed: 0, stuck: false });
    this.#stops.get(key)?.abort();
    this.#pump();
  }

  #set(list: readonly Upload[]): void {
    this.list = list;
    this.#listeners.forEach((listener) => listener());
  }
  #change(key: number, change: Partial<Upload>): void {
    this.#set(this.list.map((one) => (one.key === key ? { ...one, ...change } : one)));
  }
  #find(key: number): Upload | undefined {
    return this.list.find((one) => one.key === key);
  }

  #pump(): void {
    /* The list shows the newest first; who came first goes first. One that was stopped and goes on waits until it has stopped. */
    const waiting = [...this.list].reverse().filter((one) => one.state === 'waiting' && !this.#stops.has(one.key));
    for (const upload of waiting.slice(0, Math.max(0, AT_ONCE - this.#stops.size))) void this.#run(upload);
  }

  #speed(key: number, sent: number): number {
    const now = this.#now();
    const marks = (this.#marks.get(key) ?? []).filter(([at, n]) => now - at < SPEED_MS && n <= sent);
    marks.push([now, sent]);
    this.#marks.set(key, marks);
    const [first] = marks;
    return first && now > first[0] ? ((sent - first[1]) * 1000) / (now - first[0]) : 0;
  }

  async #run(upload: Upload): Promise<void> {
    const stop = new AbortController();
    const { key } = upload;
    this.#stops.set(key, stop);
    this.#change(key, { state: 'sending' });
    const tell: Told = {
      progress: (sent) => void (!stop.signal.aborted && this.#change(key, { sent, stuck: false, speed: this.#speed(key, sent) })),
      stuck: () => void (!stop.signal.aborted && this.#change(key, { stuck: true, speed: 0 })),
      at: (url) => this.#change(key, { url }),
    };
    try {
      const importId = await this.#transport.send(upload, tell, stop.signal);
      if (stop.signal.aborted) return;
      this.#change(key, { state: 'sent', sent: upload.file.size, speed: 0, stuck: false, importId });
      const done = this.#find(key);
      if (done) this.onSent(done);
    } catch (error) {
      if (!stop.signal.aborted) this.#change(key, { state: 'failed', speed: 0, stuck: false, error });
    } finally {
      this.#stops.delete(key);
      this.#marks.delete(key);
      this.#pump();
    }
  }
}
