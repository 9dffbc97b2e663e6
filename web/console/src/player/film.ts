/* film.ts - a title's film in a video element of the console. It reports no position: what an editor looks at is no viewing. */
import type shakaNamespace from 'shaka-player/dist/shaka-player.dash-es2021.js';
import { playbackCreate, playbackStop, type Playback } from '@shared/api/client';

const CLEARKEY = 'org.w3.clearkey';
const codecs: Record<string, string> = { 'avc1.640028': 'video', 'avc1.640033': 'video', 'hvc1.1.6.L150.90': 'video', 'av01.0.08M.08': 'video', 'mp4a.40.2': 'audio', opus: 'audio' };

const decodable = (): string[] => Object.entries(codecs).filter(([codec, kind]) => 'MediaSource' in window && MediaSource.isTypeSupported(`${kind}/mp4; codecs="${codec}"`)).map(([codec]) => codec);

export interface Film {
  close: () => void;
}

/** Ready when the first picture can be shown; rejects where it cannot be played. from_s: where it begins, asked when that is known to play. */
export async function filmOpen(video: HTMLVideoElement, title: string, signal: AbortSignal, from_s?: () => number): Promise<Film> {
  const playback: Playback = await playbackCreate({ title_id: title, device: { kind: 'web', name: 'Console', codecs: decodable(), drm: 'requestMediaKeySystemAccess' in navigator ? [CLEARKEY] : [] } }, { signal });
  let player: shakaNamespace.Player | null = null;
  const close = () => {
    void player?.destroy();
    playbackStop(playback.id, { keepalive: true }).catch(() => undefined); /* its slot is free again */
  };
  try {
    const { default: shaka } = await import('./shaka');
    player = new shaka.Player();
    await player.attach(video);
    player.configure({ drm: { servers: playback.licence ? { [playback.licence.system]: playback.licence.url } : {} }, streaming: { bufferingGoal: 20, rebufferingGoal: 0.5, bufferBehind: 30 } });
    await player.load(playback.dash_url, from_s?.() || null);
    if (signal.aborted) throw new DOMException('gone', 'AbortError');
  } catch (error) {
    close();
    throw error;
  }
  return { close };
}
