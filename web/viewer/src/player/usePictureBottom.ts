/* usePictureBottom.ts - how far the picture's lower edge is from the player's, so that subtitles stay on the picture. */
import { useEffect, type RefObject } from 'react';

export function pictureBottom(box: { width: number; height: number }, video: { width: number; height: number }): number {
  if (!video.width || !video.height) return 0;
  return Math.max(0, (box.height - (box.width * video.height) / video.width) / 2);
}

export function usePictureBottom(root: RefObject<HTMLElement | null>, video: RefObject<HTMLVideoElement | null>): void {
  useEffect(() => {
    const [player, element] = [root.current, video.current];
    if (!player || !element) return;
    const measure = () => {
      const bottom = pictureBottom({ width: player.clientWidth, height: player.clientHeight }, { width: element.videoWidth, height: element.videoHeight });
      player.style.setProperty('--picture-bottom', `${bottom}px`);
    };
    const observer = new ResizeObserver(measure);
    observer.observe(player);
    element.addEventListener('resize', measure);
    element.addEventListener('loadedmetadata', measure);
    return () => {
      observer.disconnect();
      element.removeEventListener('resize', measure);
      element.removeEventListener('loadedmetadata', measure);
    };
  }, [root, video]);
}
