/*
 * engine.ts - one film being played: the video element, Shaka and the heartbeat behind one interface for the controls.
 * It alone decides what an error means: an expired path or grant gets a new playback and goes on where it was, a lost
 * connection is retried while the buffer lasts, the rest is shown.
 */
import type shakaNamespace from 'shaka-player/dist/shaka-player.dash-es2021.js';
import { ApiError, playbackHeartbeat, type Playback } from '@shared/api/client';
import { eventNote } from '../events/queue';
import { isTest } from '../lib/store';
import { configOf, paceRemember } from './config';
import { hasMediaSource } from './device';
import { errorOfApi, errorOfShaka, errorSignedOut, errorStalled, isExpired, type PlayError, type ShakaError } from './errors';
import { STOPPED } from '../api/viewing';
import { HeartbeatClock } from './heartbeat';
import { prefsAudio, prefsRead, prefsText, prefsVolume, sameLanguage, textWanted } from './prefs';
import { StallWatch } from './stall';
import { stateInitial, type PlayerState, type Span } from './state';
import { storeNew, type Store } from './store';
import { audioFind, textFind, tracksRead, variantFind } from './tracks';

export type EngineOptions = {
  video: HTMLVideoElement;
  subtitles: HTMLElement; /* Shaka draws the text into it */
  playback: Playback;
  profile: { id: string; lang: string };
  from_s: number | null; /* null: where the server says */
  renew: () => Promise<Playback>;
};

const RENEW_AT_MOST_EVERY_MS = 20_000;
const SWITCH_AT_MOST_MS = 2_500;
const STEPPED_MS = 1_500; /* for a look at the picture, and for the next press */
const END_MARGIN_S = 8; /* resuming in the last seconds would show the end only */

export class PlayerEngine {
  readonly state: Store<PlayerState>;
  #player: shakaNamespace.Player | null = null;
  #playback: Playback;
  #beat: HeartbeatClock;
  #renewed_at = -Infinity;
  #gone = false;
  #stopped_here = false;
  #switching = false;
  #seek_after: number | null = null;
  #stepped: ReturnType<typeof setTimeout> | undefined;
  #reloads = 0;
  #unlisten = new AbortController();

  constructor(private readonly o: EngineOptions) {
    const prefs = prefsRead(o.profile.id);
    this.#playback = o.playback;
    this.state = storeNew({ ...stateInitial, duration_s: o.playback.duration_s, volume: prefs.volume, muted: prefs.muted });
    o.video.volume = prefs.volume;
    o.video.muted = prefs.muted;
    this.#beat = this.#heartbeatNew();
    this.#listen();
    this.#watchStalls();
  }

  get playback(): Playback {
    return this.#playback;
  }

  async start(): Promise<void> {
    try {
      const { default: shaka } = await import('./shaka');
      if (this.#gone) return;
      const player = new shaka.Player();
      this.#player = player;
      player.setVideoContainer(this.o.subtitles);
      await player.attach(this.o.video);
      if (isTest()) window.__matinee_player = player;
      for (const type of ['trackschanged', 'adaptation', 'variantchanged', 'textchanged', 'audiotrackschanged', 'texttrackvisibility'])
        player.addEventListener(type, () => this.#tracks());
      player.addEventListener('error', (event) => this.#onShaka((event as unknown as { detail: ShakaError }).detail));
      player.addEventListener('buffering', (event) => this.#onBuffering((event as unknown as { buffering: boolean }).buffering));
      await this.#load(this.o.from_s ?? this.#playback.resume_s, true);
    } catch (error) {
      this.#onThrown(error);
    }
  }

  async #load(at_s: number, play: boolean): Promise<void> {
    const player = this.#player;
    if (!player || this.#gone) return;
    const { hls_url, dash_url, duration_s } = this.#playback;
    player.configure(configOf(this.#playback, prefsRead(this.o.profile.id), this.o.profile.lang));
    this.state.set({ phase: 'loading', error: null, trouble: null });
    const at = at_s > duration_s - END_MARGIN_S ? 0 : at_s;
    const byHls = !hasMediaSource() || this.#playback.licence?.system === 'com.apple.fps'; /* FairPlay is told of in HLS alone */
    if (!byHls) await player.load(dash_url, at || null);
    else await player.load(hls_url, at || null, 'application/vnd.apple.mpegurl');
    if (this.#gone) return;
    this.#tracks();
    this.#chooseText();
    this.state.set({ phase: 'ready', auto: true });
    if (play) this.play();
  }

  #chooseText(): void {
    const { audio, text } = this.state.get();
    const spoken = audio.find((a) => a.active)?.lang ?? null;
    const lang = textWanted(prefsRead(this.o.profile.id), this.o.profile.lang, spoken);
    const found = lang ? text.find((x) => sameLanguage(x.lang, lang)) : undefined;
    this.#textSelect(found?.key ?? null);
  }

  #tracks(): void {
    if (this.#player) this.state.set(tracksRead(this.#player, this.state.get()));
  }

  /* What the controls do. */
  play(): void {
    const { video } = this.o;
    if (this.state.get().ended) video.currentTime = 0;
    video.play().then(
      () => this.state.set({ blocked: false }),
      (error: unknown) => error instanceof DOMException && error.name === 'NotAllowedError' && this.state.set({ blocked: true, waiting: false }),
    );
  }
  pause = (): void => this.o.video.pause();
  toggle = (): void => (this.o.video.paused || this.state.get().ended ? this.play() : this.pause());
  seek(to_s: number): void {
    const { duration_s, ended } = this.state.get();
    const at = Math.min(Math.max(0, to_s), Math.max(0, duration_s - 0.1));
    if (this.#switching) this.#seek_after = at;
    else this.o.video.currentTime = at;
    this.state.set({ position_s: at, ended: false });
    if (ended) this.play(); /* going back from the end is asking to see it again */
  }
  seekBy = (by_s: number): void => this.step((this.#seek_after ?? this.o.video.currentTime) + by_s);
  /** Seeks for somebody who does not point at the place. */
  step(to_s: number): void {
    this.seek(to_s);
    this.state.set({ stepped: true });
    clearTimeout(this.#stepped);
    this.#stepped = setTimeout(() => this.state.set({ stepped: false }), STEPPED_MS);
  }
  volume(level: number): void {
    const volume = Math.min(1, Math.max(0, level));
    this.o.video.volume = volume;
    this.o.video.muted = volume === 0;
    prefsVolume(volume || 0.5, volume === 0);
  }
  mute(): void {
    const { video } = this.o;
    video.muted = !video.muted;
    if (!video.muted && video.volume === 0) video.volume = 0.5;
    prefsVolume(video.volume, video.muted);
  }
  rate(rate: number): void {
    this.o.video.defaultPlaybackRate = rate; /* a new load keeps it */
    this.o.video.playbackRate = rate;
    this.state.set({ rate });
  }
  /**
   * While it waits for data, Shaka holds the element at rate 0, and then puts back the rate that the last `ratechange`
   * told it of. One chosen in the instant before that event is put back here.
   */
  #onBuffering(buffering: boolean): void {
    const { rate } = this.state.get();
    this.state.set({ waiting: buffering });
    if (!buffering && this.o.video.playbackRate !== rate) this.o.video.playbackRate = rate;
  }
  audio(key: string): void {
    const track = this.#player && audioFind(this.#player, key);
    if (!track || !this.#player) return;
    this.#player.selectAudioTrack(track);
    void this.#audioArrives(this.#player);
    prefsAudio(this.o.profile.id, track.language);
    this.#tracks();
    eventNote({ name: 'play.audio', playback_id: this.#playback.id, data: { lang: track.language } });
  }
  /**
   * Shaka 5.2 can stop fetching for good when a seek comes while it exchanges the sound: seeks wait until the new
   * sound is there.
   */
  async #audioArrives(player: shakaNamespace.Player): Promise<void> {
    if (this.#switching) return;
    this.#switching = true;
    const until = performance.now() + SWITCH_AT_MOST_MS;
    const here = () => player.getBufferedInfo().audio.some((r) => r.start <= this.o.video.currentTime && r.end > this.o.video.currentTime + 0.5);
    do await new Promise((done) => setTimeout(done, 60));
    while (!this.#gone && !here() && performance.now() < until);
    this.#switching = false;
    const to = this.#seek_after;
    this.#seek_after = null;
    if (to !== null && !this.#gone) this.seek(to);
  }
  text(key: string | null): void {
    const lang = this.#textSelect(key);
    prefsText(this.o.profile.id, lang);
    eventNote({ name: 'play.text', playback_id: this.#playback.id, data: { lang: lang ?? 'off' } });
  }
  /** Subtitles off, or the ones that were on last. */
  textToggle(): void {
    const { text } = this.state.get();
    if (text.some((x) => x.active)) return this.text(null);
    const lang = prefsRead(this.o.profile.id).textLast ?? this.o.profile.lang;
    const found = text.find((x) => sameLanguage(x.lang, lang)) ?? text[0];
    if (found) this.text(found.key);
  }
  #textSelect(key: string | null): string | null {
    const track = (key && this.#player && textFind(this.#player, key)) || null;
    this.#player?.selectTextTrack(track);
    this.#tracks();
    return track?.language ?? null;
  }
  /** A rung that stays, or null: by bandwidth. */
  quality(id: number | null): void {
    const player = this.#player;
    const track = player && id !== null ? variantFind(player, id) : undefined;
    if (!player) return;
    player.configure('abr.enabled', !track);
    if (track) player.selectVariantTrack(track, true, 1);
    this.state.set({ auto: !track });
    this.#tracks();
  }
  async retry(): Promise<void> {
    this.state.set({ error: null, trouble: null });
    if (!this.#stopped_here && this.#player?.retryStreaming()) return;
    this.#stopped_here = false;
    this.#renewed_at = -Infinity;
    await this.#renew();
  }
  destroy(): void {
    this.#gone = true;
    clearTimeout(this.#stepped);
    this.#unlisten.abort();
    this.#beat.leave();
    this.#beat.stop();
    if (window.__matinee_player === this.#player) delete window.__matinee_player;
    if (this.#player) paceRemember(this.#player);
    void this.#player?.destroy();
  }

  /** Something in the player hangs: loading it again at the same place helps; twice in a row it wouldn't. */
  #watchStalls(): void {
    const watch = new StallWatch();
    const timer = setInterval(() => {
      const { phase, paused, blocked, ended, trouble, position_s } = this.state.get();
      const wants = phase === 'ready' && !paused && !blocked && !ended && !trouble && !document.hidden;
      if (this.state.get().started && position_s > 0 && this.o.video.readyState > 2) this.#reloads = 0;
      if (!watch.tick({ wants, position_s: this.o.video.currentTime, bytes: this.#player?.getStats().bytesDownloaded ?? 0 })) return;
      eventNote({ name: 'play.stalled', playback_id: this.#playback.id, title_id: this.#playback.title.id, position_s: this.o.video.currentTime });
      if (this.#reloads++ > 0) this.#fail(errorStalled());
      else this.#load(this.o.video.currentTime, true).catch((error: unknown) => this.#onThrown(error));
    }, 1000);
    this.#unlisten.signal.addEventListener('abort', () => clearInterval(timer));
  }

  /* What comes back. */
  #listen(): void {
    const { video } = this.o;
    const signal = this.#unlisten.signal;
    const { set, get } = this.state;
    const on = (type: keyof HTMLMediaElementEventMap, act: () => void) => video.addEventListener(type, act, { signal });
    on('timeupdate', () => set({ position_s: video.currentTime }));
    on('durationchange', () => Number.isFinite(video.duration) && video.duration > 0 && set({ duration_s: video.duration }));
    on('progress', () => set({ buffered: spansOf(video.buffered) }));
    on('volumechange', () => set({ volume: video.volume, muted: video.muted }));
    on('ratechange', () => video.playbackRate > 0 && set({ rate: video.playbackRate })); /* 0: Shaka waits for data */
    on('play', () => (set({ paused: false, ended: false }), this.#beat.now()));
    on('pause', () => (set({ paused: true }), this.#beat.now()));
    on('playing', () => {
      if (!get().started) eventNote({ name: 'play.started', playback_id: this.#playback.id, title_id: this.#playback.title.id, position_s: video.currentTime });
      set({ started: true, waiting: false, blocked: false, trouble: null });
      this.#beat.start();
    });
    on('waiting', () => set({ waiting: true }));
    on('canplay', () => set({ waiting: false }));
    on('seeking', () => set({ seeking: true, ended: false }));
    on('seeked', () => (set({ seeking: false, position_s: video.currentTime }), this.#beat.seeked()));
    on('ended', () => {
      set({ ended: true, paused: true });
      this.#beat.now();
      eventNote({ name: 'play.ended', playback_id: this.#playback.id, title_id: this.#playback.title.id, position_s: video.currentTime });
    });
    addEventListener('pagehide', () => this.#beat.leave(), { signal });
    document.addEventListener('visibilitychange', () => document.visibilityState === 'hidden' && this.#beat.leave(), { signal });
    addEventListener(STOPPED, (event) => (event as CustomEvent<string>).detail === this.#playback.id && this.#beat.now(), { signal });
    addEventListener('online', () => this.#beat.online(), { signal });
    addEventListener('online', () => get().trouble && this.#player?.retryStreaming(), { signal });
  }

  #heartbeatNew(): HeartbeatClock {
    const { id, heartbeat } = this.#playback;
    return new HeartbeatClock(
      heartbeat.every_s,
      () => {
        const { ended, paused, waiting } = this.state.get();
        return { position_s: this.o.video.currentTime, state: ended ? 'ended' : paused ? 'paused' : waiting ? 'buffering' : 'playing' };
      },
      (body, leaving) => playbackHeartbeat(id, body, { keepalive: leaving }),
      (reason, error) => (reason === 'signed_out' ? this.#signedOut() : reason === 'stopped' ? this.#stopped(error) : void this.#renew()),
    );
  }

  #signedOut(): void {
    this.pause();
    this.#fail(errorSignedOut());
  }

  /** Another device, or another window, has the place; only a new playback may take it back. */
  #stopped(error: ApiError): void {
    if (this.#gone) return;
    this.#beat.stop();
    this.#stopped_here = true;
    this.pause();
    this.#fail(errorOfApi(error, isSecureContext));
  }

  #fail(error: PlayError): void {
    this.state.set({ phase: 'failed', error, waiting: false });
    eventNote({ name: 'play.failed', playback_id: this.#playback.id, title_id: this.#playback.title.id, position_s: this.o.video.currentTime, data: { code: error.code } });
  }

  /** A new playback at the same place, playing or paused as it was. */
  async #renew(): Promise<void> {
    const { video } = this.o;
    const { started, paused, position_s } = this.state.get();
    this.#renewed_at = performance.now();
    try {
      const next = await this.o.renew();
      if (this.#gone) return;
      this.#beat.stop();
      this.#playback = next;
      this.#beat = this.#heartbeatNew();
      await this.#load(started ? video.currentTime || position_s : (this.o.from_s ?? next.resume_s), !started || !paused);
      if (started && paused) this.#beat.start();
    } catch (error) {
      this.#onThrown(error);
    }
  }

  #onThrown(error: unknown): void {
    if (this.#gone) return;
    if (error instanceof ApiError) return this.#fail(errorOfApi(error, isSecureContext));
    const shaka = error as Partial<ShakaError>;
    if (typeof shaka.code === 'number' && typeof shaka.category === 'number') {
      if (shaka.code !== 7000 /* a newer load took over */) this.#onShaka(shaka as ShakaError, true);
    } else this.#fail(errorOfApi(error, isSecureContext));
  }

  #onShaka(error: ShakaError, whileLoading = false): void {
    if (this.#gone) return;
    const mayRenew = performance.now() - this.#renewed_at > RENEW_AT_MOST_EVERY_MS;
    if (isExpired(error) && mayRenew) return void this.#renew();
    const shown = errorOfShaka(error, isSecureContext);
    if (error.category === 1 && !whileLoading && !isExpired(error)) {
      /* Shaka stopped fetching; what is buffered plays on meanwhile. */
      this.state.set({ trouble: shown });
      setTimeout(() => !this.#gone && this.state.get().trouble && this.#player?.retryStreaming(), 3000);
    } else if (error.severity === 2 || whileLoading) this.#fail(shown);
  }
}

function spansOf(ranges: TimeRanges): Span[] {
  return Array.from({ length: ranges.length }, (_, i) => ({ start: ranges.start(i), end: ranges.end(i) }));
}
