/* tracks.ts - Shaka's tracks as the menus list them, and back. */
import type shaka from 'shaka-player/dist/shaka-player.dash-es2021.js';
import { languageName } from '../messages';
import { audioLabel, textLabel } from './labels';
import { rungsOf } from './rungs';
import type { AudioChoice, PlayerState, TextChoice } from './state';

type Player = shaka.Player;
type Audio = shaka.extern.AudioTrack;
type Text = shaka.extern.TextTrack;

export const audioKey = (a: Audio): string => [a.language, a.roles.join('+'), a.channelsCount ?? ''].join('/');
export const textKey = (x: Text): string => [x.language, x.roles.join('+'), x.kind ?? ''].join('/');
const byKey = <C extends { key: string; active: boolean }>(choices: C[]): C[] => {
  const found = new Map<string, C>();
  for (const choice of choices) if (!found.has(choice.key) || choice.active) found.set(choice.key, choice);
  return [...found.values()];
};

function audioChoices(player: Player): AudioChoice[] {
  const tracks = player.getAudioTracks();
  /* "stereo" is worth saying only where the same language has more than that. */
  const layouts = (lang: string) => new Set(tracks.filter((a) => a.language === lang).map((a) => a.channelsCount)).size;
  return byKey(
    tracks.map((a) => {
      const channels = (a.channelsCount ?? 0) >= 6 || layouts(a.language) > 1 ? a.channelsCount : null;
      return { key: audioKey(a), lang: a.language, active: a.active, label: audioLabel({ name: languageName(a.language), channels, role: a.roles.join(' ') }) };
    }),
  );
}

function textChoices(player: Player): TextChoice[] {
  const shown = player.getTextTracks().filter((x) => !x.forced);
  return byKey(shown.map((x) => ({ key: textKey(x), lang: x.language, active: x.active, label: textLabel(languageName(x.language), x.roles.join(' ')) })));
}

/** Rungs that go with the sound in force. */
function videoVariants(player: Player): shaka.extern.Track[] {
  const variants = player.getVariantTracks();
  const now = variants.find((v) => v.active);
  if (!now) return variants;
  const same = variants.filter((v) => v.language === now.language && v.channelsCount === now.channelsCount && v.roles.join() === now.roles.join() && v.audioCodec === now.audioCodec);
  return same.length ? same : variants;
}

/** Choices keep their identity while nothing changed, so that menus aren't redrawn by every event. */
export function tracksRead(player: Player, last: PlayerState): Pick<PlayerState, 'audio' | 'text' | 'rungs'> {
  const keep = <T>(before: T, now: T): T => (JSON.stringify(before) === JSON.stringify(now) ? before : now);
  return {
    audio: keep(last.audio, audioChoices(player)),
    text: keep(last.text, textChoices(player)),
    rungs: keep(last.rungs, rungsOf(videoVariants(player))),
  };
}

export const audioFind = (player: Player, key: string): Audio | undefined => player.getAudioTracks().find((a) => audioKey(a) === key);
export const textFind = (player: Player, key: string): Text | undefined => player.getTextTracks().find((x) => textKey(x) === key);
export const variantFind = (player: Player, id: number): shaka.extern.Track | undefined => player.getVariantTracks().find((v) => v.id === id);
