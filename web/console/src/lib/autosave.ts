/*
 * autosave.ts - a document that is saved as it is edited: what is changed goes out a moment after the last key, one request at
 * a time, and can be taken back step by step. No screen, no network in here: save() is given.
 * A document is flat: one key a field. What the server answers counts for every field that nobody has touched since.
 */
export type Fields = Record<string, unknown>;
export type SaveState = 'saved' | 'waiting' | 'saving' | 'failed';

interface Step {
  key: string;
  /** Which text of a list it was. */
  place: string | undefined;
  before: unknown;
  after: unknown;
}

const same = (a: unknown, b: unknown): boolean => a === b || JSON.stringify(a) === JSON.stringify(b);

export class Autosave<T extends Fields> {
  draft: T;
  saved: T;
  state: SaveState = 'saved';
  error: unknown = null;
  #save: (patch: Partial<T>, whole: T) => Promise<T>;
  #delayMs: number;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #running: Promise<void> | undefined;
  #past: Step[] = [];
  #future: Step[] = [];
  #listeners = new Set<() => void>();
  /** Grows with every change: what useSyncExternalStore compares. */
  version = 0;

  constructor(saved: T, save: (patch: Partial<T>, whole: T) => Promise<T>, delayMs = 900) {
    this.saved = saved;
    this.draft = { ...saved };
    this.#save = save;
    this.#delayMs = delayMs;
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };
  snapshot = (): number => this.version;

  #tell(): void {
    this.version++;
    this.#listeners.forEach((listener) => listener());
  }

  get canUndo(): boolean {
    return this.#past.length > 0;
  }
  get canRedo(): boolean {
    return this.#future.length > 0;
  }
  get dirty(): boolean {
    return this.state !== 'saved';
  }

  changes(): Partial<T> {
    const keys = new Set([...Object.keys(this.saved), ...Object.keys(this.draft)]);
    return Object.fromEntries([...keys].filter((key) => !same(this.saved[key], this.draft[key])).map((key) => [key, this.draft[key]])) as Partial<T>;
  }

  /** place: which text within a list is being typed, so that its letters are one step, too. */
  edit<K extends keyof T & string>(key: K, value: T[K], place?: string): void {
    if (same(this.draft[key], value)) return;
    const last = this.#past.at(-1);
    /* Letters typed one after the other into one field are one step. */
    if (last?.key === key && last.place === place && this.state === 'waiting' && (typeof value === 'string' || place !== undefined)) last.after = value;
    else this.#past.push({ key, place, before: this.draft[key], after: value });
    this.#future = [];
    this.#set(key, value);
  }

  undo(): string | null {
    const step = this.#past.pop();
    if (!step) return null;
    this.#future.push(step);
    this.#set(step.key, step.before);
    return step.key;
  }

  redo(): string | null {
    const step = this.#future.pop();
    if (!step) return null;
    this.#past.push(step);
    this.#set(step.key, step.after);
    return step.key;
  }

  #set(key: string, value: unknown): void {
    this.draft = { ...this.draft, [key]: value };
    this.#plan();
  }

  #plan(): void {
    clearTimeout(this.#timer);
    if (Object.keys(this.changes()).length) {
      this.state = 'waiting';
      this.#timer = setTimeout(() => void this.flush(), this.#delayMs);
    } else if (!this.#running) {
      this.state = 'saved';
      this.error = null;
    }
    this.#tell();
  }

  /** Sends now what has not been sent. Resolves when nothing is under way; the state says how it went. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    if (this.#running) {
      await this.#running;
      if (this.state === 'waiting') await this.flush();
      return;
    }
    const patch = this.changes();
    if (!Object.keys(patch).length) return;
    this.#running = this.#send(patch);
    await this.#running;
  }

  async #send(patch: Partial<T>): Promise<void> {
    this.state = 'saving';
    this.#tell();
    try {
      const answer = await this.#save(patch, this.draft);
      /* A field that was edited while the request was under way keeps what is in it. */
      const touched = Object.keys(this.draft).filter((key) => !same(this.draft[key], key in patch ? patch[key as keyof T] : this.saved[key]));
      const kept = Object.fromEntries(touched.map((key) => [key, this.draft[key]]));
      this.saved = answer;
      this.draft = { ...answer, ...kept };
      this.error = null;
      this.#running = undefined;
      this.state = 'saved';
      this.#plan();
    } catch (error) {
      this.#running = undefined;
      this.error = error;
      this.state = 'failed';
      this.#tell();
    }
  }

  /** Takes the server's for the truth; what was typed here is gone, and so are the steps. */
  reset(saved: T): void {
    clearTimeout(this.#timer);
    this.saved = saved;
    this.draft = { ...saved };
    this.state = 'saved';
    this.error = null;
    this.#past = [];
    this.#future = [];
    this.#tell();
  }

  /** Somebody else's change came in: fields that nobody touched here show it. */
  refresh(saved: T): void {
    if (this.state === 'saved') {
      this.saved = saved;
      this.draft = { ...saved };
      this.#tell();
    }
  }
}
