/*
 * clock.ts - the film of a screen, for everything that stands around it: where it is, and whether it runs. The film is opened when
 * somebody first wants to see it, not by looking at a page. Times are milliseconds.
 */
import { useEffect, useRef, useSyncExternalStore } from 'react';
import { filmOpen, type Film } from './film';

export interface FilmState {
  ms: number;
  playing: boolean;
  phase: 'closed' | 'opening' | 'open' | 'failed';
  error: unknown;
}
const START: FilmState = { ms: 0, playing: false, phase: 'closed', error: null };
const FRAME_MS = 40;

export class FilmClock {
  #state = START;
  #listeners = new Set<() => void>();
  #video: HTMLVideoElement | null = null;
  #film: Promise<Film> | null = null;
  #opening: Promise<boolean> | null = null;
  #gone = new AbortController();

  constructor(
    readonly title: string,
    /** 0: there is no film. */
    readonly duration: number,
  ) {}

  subscribe = (listener: () => void): (() => void) => (this.#listeners.add(listener), () => this.#listeners.delete(listener));
  snapshot = (): FilmState => this.#state;
  get ms(): number {
    return this.#state.ms;
  }

  #set(change: Partial<FilmState>): void {
    this.#state = { ...this.#state, ...change };
    this.#listeners.forEach((listener) => listener());
  }

  attach(video: HTMLVideoElement): () => void {
    this.#video = video;
    this.#gone = new AbortController();
    let frame = 0;
    const say = () => this.#state.phase === 'open' && this.#set({ ms: video.currentTime * 1000 });
    const run = () => (say(), (frame = requestAnimationFrame(run)));
    const rest = () => (cancelAnimationFrame(frame), this.#set({ playing: false }), say());
    const on = (name: keyof HTMLMediaElementEventMap, act: () => void) => video.addEventListener(name, act, { signal: this.#gone.signal });
    on('playing', () => (cancelAnimationFrame(frame), this.#set({ playing: true }), run()));
    on('pause', rest);
    on('ended', rest);
    on('seeked', say);
    return () => {
      cancelAnimationFrame(frame);
      this.#gone.abort();
      void this.#film?.then((film) => film.close(), () => undefined);
      this.#film = this.#video = this.#opening = null;
      this.#state = START;
    };
  }

  /** Ready to be played; false: it could not be opened, and the state says why. */
  open(): Promise<boolean> {
    if (!this.#video || this.duration <= 0) return Promise.resolve(false);
    return (this.#opening ??= this.#openIn(this.#video));
  }

  async #openIn(video: HTMLVideoElement): Promise<boolean> {
    const { signal } = this.#gone;
    this.#set({ phase: 'opening', error: null });
    let from = 0;
    this.#film = filmOpen(video, this.title, signal, () => (from = this.#state.ms / 1000));
    try {
      await this.#film;
      if (signal.aborted) return false;
      if (video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) await new Promise((done) => video.addEventListener('loadeddata', done, { once: true }));
      if (signal.aborted) return false;
      if (this.#state.ms / 1000 !== from) video.currentTime = this.#state.ms / 1000; /* somebody has gone on meanwhile */
      this.#set({ phase: 'open' });
      return true;
    } catch (error) {
      if (signal.aborted) return false;
      this.#film = this.#opening = null; /* another press tries again */
      this.#set({ phase: 'failed', error });
      return false;
    }
  }

  /** Shows the picture of that moment; what plays goes on from there. */
  seek = (ms: number): void => {
    const to = Math.max(0, this.duration > 0 ? Math.min(ms, this.duration) : ms);
    this.#set({ ms: to });
    if (this.#video && this.#state.phase === 'open') this.#video.currentTime = to / 1000;
    else void this.open();
  };
  step = (frames: number): void => {
    this.#video?.pause();
    this.seek(Math.round(this.#state.ms / FRAME_MS + frames) * FRAME_MS);
  };
  pause = (): void => this.#video?.pause();
  play = (): void => void this.open().then((ready) => (ready ? this.#video?.play().catch(() => undefined) : undefined));
  toggle = (): void => {
    void this.open().then((ready) => {
      const video = this.#video;
      if (!ready || !video) return;
      if (video.paused) void video.play().catch(() => undefined);
      else video.pause();
    });
  };
}

export function useFilmClock(title: string, duration: number): FilmClock {
  const held = useRef<FilmClock>(null);
  if (held.current?.title !== title || held.current.duration !== duration) held.current = new FilmClock(title, duration);
  return held.current;
}

export const useFilmState = (clock: FilmClock): FilmState => useSyncExternalStore(clock.subscribe, clock.snapshot);

/** Gives the film an element to be seen in. */
export function useFilmElement(clock: FilmClock) {
  const video = useRef<HTMLVideoElement>(null);
  useEffect(() => (video.current ? clock.attach(video.current) : undefined), [clock]);
  return video;
}
