/*
 * draft.ts - a document that is saved by a button, because half of it must not be seen by viewers: every change is a step that can
 * be taken back, also over a save. No screen, no network in here.
 */
export class Draft<T> {
  value: T;
  saved: T;
  /** The server's, of which value is a change: what is sent names it, so that nobody saves over what somebody else has saved meanwhile. */
  revision: number;
  #past: T[] = [];
  #future: T[] = [];
  #step = '';
  #listeners = new Set<() => void>();
  /** Grows with every change: what useSyncExternalStore compares. */
  version = 0;

  constructor(saved: T, revision = 0) {
    this.saved = saved;
    this.revision = revision;
    this.value = saved;
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
    return JSON.stringify(this.value) !== JSON.stringify(this.saved);
  }

  /** Changes that follow each other under one name (letters typed into one field) are one step. */
  set(value: T, step = ''): void {
    if (JSON.stringify(value) === JSON.stringify(this.value)) return;
    if (!step || step !== this.#step) this.#past.push(this.value);
    this.#step = step;
    this.#future = [];
    this.value = value;
    this.#tell();
  }

  undo(): void {
    const before = this.#past.pop();
    if (before === undefined) return;
    this.#future.push(this.value);
    this.#go(before);
  }
  redo(): void {
    const after = this.#future.pop();
    if (after === undefined) return;
    this.#past.push(this.value);
    this.#go(after);
  }
  #go(value: T): void {
    this.#step = '';
    this.value = value;
    this.#tell();
  }

  /** The server has this now. What was changed here since it was sent stays. */
  settle(sent: T, saved: T, revision: number): void {
    const touched = JSON.stringify(this.value) !== JSON.stringify(sent);
    this.saved = saved;
    this.revision = revision;
    if (!touched) this.value = saved;
    this.#step = '';
    this.#tell();
  }

  /** Somebody else's, or the first: what is on the screen goes, and can be taken back. */
  replace(saved: T, revision: number): void {
    this.saved = saved;
    this.revision = revision;
    this.set(saved);
    this.#tell();
  }

  /** The same, where nobody has changed anything here; a revision that grew by something else is no conflict. */
  refresh(saved: T, revision: number): void {
    const same = JSON.stringify(saved) === JSON.stringify(this.saved);
    if (this.dirty && !same) return;
    this.revision = revision;
    if (same) return;
    this.saved = saved;
    this.value = saved;
    this.#tell();
  }
}
