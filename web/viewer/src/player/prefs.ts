/* prefs.ts - what the viewer chose last time, on this browser, by profile where it is a matter of taste. */
import { remember, remembered } from '../lib/store';

export type Prefs = { volume: number; muted: boolean; audio: string | null; text: string | null; textLast: string | null };

const number = (text: string | null, otherwise: number) => {
  const n = Number(text);
  return text !== null && Number.isFinite(n) ? Math.min(1, Math.max(0, n)) : otherwise;
};

/** audio, text: a language; text may be 'off'; null: never chosen. textLast: the language that C brings back. */
export function prefsRead(profile_id: string): Prefs {
  return {
    volume: number(remembered('volume'), 1),
    muted: remembered('muted') === '1',
    audio: remembered(`audio.${profile_id}`),
    text: remembered(`text.${profile_id}`),
    textLast: remembered(`text-last.${profile_id}`),
  };
}

export function prefsVolume(volume: number, muted: boolean): void {
  remember('volume', String(volume));
  remember('muted', muted ? '1' : '0');
}

export const prefsAudio = (profile_id: string, lang: string): void => remember(`audio.${profile_id}`, lang);
export function prefsText(profile_id: string, lang: string | null): void {
  remember(`text.${profile_id}`, lang ?? 'off');
  if (lang) remember(`text-last.${profile_id}`, lang);
}

const base = (tag: string) => tag.split('-')[0]?.toLowerCase() ?? '';
export const sameLanguage = (a: string, b: string): boolean => base(a) === base(b);

/**
 * Subtitles to start with: what was chosen; where nothing ever was, the profile's own language when the
 * film doesn't speak it.
 */
export function textWanted(prefs: Prefs, profileLang: string, spoken: string | null): string | null {
  if (prefs.text) return prefs.text === 'off' ? null : prefs.text;
  return spoken && !sameLanguage(spoken, profileLang) ? profileLang : null;
}
