/* fullscreen.ts - the whole player fills the screen, with our controls; on an iPhone only the bare video can. */
import { useSyncExternalStore } from 'react';

type PhoneVideo = HTMLVideoElement & { webkitEnterFullscreen?: () => void };

export function fullscreenToggle(root: HTMLElement | null, video: HTMLVideoElement | null): void {
  if (document.fullscreenElement) return void document.exitFullscreen();
  if (root?.requestFullscreen) {
    void root.requestFullscreen({ navigationUI: 'hide' }).then(
      () => (screen.orientation as ScreenOrientation & { lock?: (to: string) => Promise<void> }).lock?.('landscape').catch(() => {}),
      () => {},
    );
  } else (video as PhoneVideo | null)?.webkitEnterFullscreen?.();
}

export function useFullscreen(): boolean {
  return useSyncExternalStore(
    (changed) => {
      document.addEventListener('fullscreenchange', changed);
      return () => document.removeEventListener('fullscreenchange', changed);
    },
    () => document.fullscreenElement !== null,
  );
}
