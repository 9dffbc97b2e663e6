/* useMediaSession.ts - the keys of keyboards and headphones, the lock screen and the tab's media card. */
import { useEffect } from 'react';
import type { Playback } from '@shared/api/client';
import { t } from '../messages';
import type { PlayerEngine } from './engine';
import { useStore } from './store';

export function useMediaSession(engine: PlayerEngine, playback: Playback): void {
  const paused = useStore(engine.state, (s) => s.paused);
  useEffect(() => {
    const session = navigator.mediaSession;
    if (!session) return;
    const picture = playback.title.still ?? playback.title.poster;
    session.metadata = new MediaMetadata({
      title: playback.title.name,
      artist: t('app.name'),
      artwork: picture ? [{ src: picture.src, sizes: `${picture.width}x${picture.height}` }] : [],
    });
    const acts: [MediaSessionAction, MediaSessionActionHandler][] = [
      ['play', () => engine.play()],
      ['pause', () => engine.pause()],
      ['seekbackward', (how) => engine.seekBy(-(how.seekOffset ?? 10))],
      ['seekforward', (how) => engine.seekBy(how.seekOffset ?? 10)],
      ['seekto', (how) => how.seekTime !== undefined && engine.seek(how.seekTime)],
    ];
    const set = (action: MediaSessionAction, handler: MediaSessionActionHandler | null) => {
      try {
        session.setActionHandler(action, handler);
      } catch {
        /* this browser has no such key */
      }
    };
    for (const [action, handler] of acts) set(action, handler);
    return () => {
      for (const [action] of acts) set(action, null);
      session.metadata = null;
      session.playbackState = 'none';
    };
  }, [engine, playback]);
  useEffect(() => {
    if (navigator.mediaSession) navigator.mediaSession.playbackState = paused ? 'paused' : 'playing';
  }, [paused]);
}
