/* keys.ts - the keyboard, as in the players people know. One table: the handler and the help read it. */
import type { PlainKey } from '../messages';

export type Command =
  | { do: 'play' | 'mute' | 'fullscreen' | 'text' | 'help' | 'leave' }
  | { do: 'seek'; by_s: number }
  | { do: 'jump'; to: number }
  | { do: 'volume'; by: number }
  | { do: 'speed'; by: 1 | -1 };

type Pressed = Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey'>;

const fixed: Record<string, Command> = {
  ' ': { do: 'play' },
  k: { do: 'play' },
  j: { do: 'seek', by_s: -10 },
  l: { do: 'seek', by_s: 10 },
  ArrowLeft: { do: 'seek', by_s: -5 },
  ArrowRight: { do: 'seek', by_s: 5 },
  ArrowUp: { do: 'volume', by: 0.05 },
  ArrowDown: { do: 'volume', by: -0.05 },
  Home: { do: 'jump', to: 0 },
  m: { do: 'mute' },
  f: { do: 'fullscreen' },
  c: { do: 'text' },
  '<': { do: 'speed', by: -1 },
  '>': { do: 'speed', by: 1 },
  '?': { do: 'help' },
  Escape: { do: 'leave' },
  /* Remote controls: Tizen, webOS and Android TV name the same key differently. */
  GoBack: { do: 'leave' },
  BrowserBack: { do: 'leave' },
  XF86Back: { do: 'leave' },
  MediaPlayPause: { do: 'play' },
  MediaRewind: { do: 'seek', by_s: -10 },
  MediaFastForward: { do: 'seek', by_s: 10 },
};

export function commandOf(event: Pressed): Command | null {
  if (event.ctrlKey || event.metaKey || event.altKey) return null;
  if (/^[0-9]$/.test(event.key)) return { do: 'jump', to: Number(event.key) / 10 };
  return fixed[event.key.length === 1 ? event.key.toLowerCase() : event.key] ?? null;
}

/** What the help shows, in its order. */
export const keyHelp: { keys: string[]; text: PlainKey }[] = [
  { keys: ['keys.space', 'K'], text: 'keys.play' },
  { keys: ['J'], text: 'keys.back' },
  { keys: ['L'], text: 'keys.forward' },
  { keys: ['←', '→'], text: 'keys.nudge' },
  { keys: ['↑', '↓'], text: 'keys.volume' },
  { keys: ['M'], text: 'keys.mute' },
  { keys: ['F'], text: 'keys.fullscreen' },
  { keys: ['C'], text: 'keys.text' },
  { keys: ['0', '9'], text: 'keys.jump' },
  { keys: ['<', '>'], text: 'keys.speed' },
  { keys: ['?'], text: 'keys.help' },
  { keys: ['Esc'], text: 'keys.leave' },
];

export const speeds = [0.5, 0.75, 1, 1.25, 1.5, 2];

export function speedNext(now: number, by: 1 | -1): number {
  const at = speeds.reduce((best, speed, i) => (Math.abs(speed - now) < Math.abs((speeds[best] ?? 1) - now) ? i : best), 0);
  return speeds[Math.min(speeds.length - 1, Math.max(0, at + by))] ?? 1;
}
