/* state.ts - what the controls show. The engine writes it, nobody else. */
import type { PlayError } from './errors';

export type Span = { start: number; end: number };
/** key: language, role and layout, the same after a new playback of the same title. */
export type AudioChoice = { key: string; lang: string; label: string; active: boolean };
export type TextChoice = { key: string; lang: string; label: string; active: boolean };
export type Rung = { id: number; name: number; width: number; height: number; bandwidth: number; active: boolean };

export type PlayerState = {
  phase: 'loading' | 'ready' | 'failed';
  started: boolean; /* the first frame of this visit has been shown */
  paused: boolean;
  blocked: boolean; /* the browser wants a press before it plays sound */
  waiting: boolean;
  seeking: boolean;
  stepped: boolean; /* a moment ago, by keys or buttons: the place is shown as a picture, as under a pointer */
  ended: boolean;
  position_s: number;
  duration_s: number;
  buffered: Span[];
  volume: number;
  muted: boolean;
  rate: number;
  audio: AudioChoice[];
  text: TextChoice[]; /* none active: off */
  rungs: Rung[]; /* best first */
  auto: boolean;
  trouble: PlayError | null; /* a connection problem that is being retried */
  error: PlayError | null;
};

export const stateInitial: PlayerState = {
  phase: 'loading',
  started: false,
  paused: true,
  blocked: false,
  waiting: true,
  seeking: false,
  stepped: false,
  ended: false,
  position_s: 0,
  duration_s: 0,
  buffered: [],
  volume: 1,
  muted: false,
  rate: 1,
  audio: [],
  text: [],
  rungs: [],
  auto: true,
  trouble: null,
  error: null,
};
