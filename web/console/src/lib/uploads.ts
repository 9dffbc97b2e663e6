/*
 * uploads.ts - files on their way to the server: a queue of which two go at a time, with how far and how fast each is. It lives
 * outside of the screens, so that uploads go on while somebody does something else. How one file is sent is given (transport).
 */
import { titleOfFile } from './fileName';

export type UploadState = 'waiting' | 'sending' | 'sent' | 'failed' | 'cancelled';

export interface Upload {
  key: number;
  file: File;
  title: string;
  state: UploadState;
  sent: number;
  /** Bytes a second, over the last seconds; 0: not known yet. */
  speed: number;
  /** The import that it became. */
  importId: string | null;
  error: unknown;
}

export interface Transport {
  /** Sends one file; tells how far it is; gives the import's id. Rejects with 'AbortError' when stopped. */
  (upload: Upload, progress: (sent: number) => void, signal: AbortSignal): Promise<string | null>;
}

const AT_ONCE = 2;
const SPEED_MS = 4000;

export class Uploads {
  list: readonly Upload[] = [];
  onSent: (upload: Upload) => void = () => undefined;
  #next = 1;
  #send: Transport;
  #stops = new Map<number, AbortController>();
  #marks = new Map<number, [number, number][]>();
  #listeners = new Set<() => void>();
  #now: () => number;

  constructor(send: Transport, now: () => number = () => performance.now()) {
    this.#send = send;
    this.#now = now;
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };
  snapshot = (): readonly Upload[] => this.list;

  get busy(): boolean {
    return this.list.some((one) => one.state === 'waiting' || one.state === 'sending');
  }

  add(files: readonly File[]): void {
    const added = files.map((file): Upload => ({ key: this.#next++, file, title: titleOfFile(file.name), state: 'waiting', sent: 0, speed: 0, importId: null, error: null }));
    this.#set([...added.reverse(), ...this.list]);
    this.#pump();
  }

  stop(key: number): void {
    this.#change(key, { state: 'cancelled', speed: 0 });
    this.#stops.get(key)?.abort();
    this.#pump();
  }

  retry(key: number): void {
    this.#change(key, { state: 'waiting', sent: 0, speed: 0, error: null });
    this.#pump();
  }

  drop(key: number): void {
    this.#set(this.list.filter((one) => one.key !== key));
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
    /* The list shows the newest first; who came first goes first. */
    const waiting = [...this.list].reverse().filter((one) => one.state === 'waiting');
    for (const upload of waiting.slice(0, Math.max(0, AT_ONCE - this.#stops.size))) void this.#run(upload);
  }

  #speed(key: number, sent: number): number {
    const now = this.#now();
    const marks = (this.#marks.get(key) ?? []).filter(([at]) => now - at < SPEED_MS);
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
    try {
      const importId = await this.#send(upload, (sent) => !stop.signal.aborted && this.#change(key, { sent, speed: this.#speed(key, sent) }), stop.signal);
      this.#change(key, { state: 'sent', sent: upload.file.size, speed: 0, importId });
      const done = this.#find(key);
      if (done) this.onSent(done);
    } catch (error) {
      if (!stop.signal.aborted) this.#change(key, { state: 'failed', speed: 0, error });
    } finally {
      this.#stops.delete(key);
      this.#marks.delete(key);
      this.#pump();
    }
  }
}
