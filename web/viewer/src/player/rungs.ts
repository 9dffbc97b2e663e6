/* rungs.ts - what people call a picture size. */

const standard = [144, 240, 288, 360, 432, 480, 540, 576, 720, 1080, 1440, 2160, 4320];

/**
 * 1920x804 is "1080p" to everyone though it has 804 lines, and so is a phone's 1080x1920: the short side,
 * or 9/16 of the long one where that is more, put on the nearest common size within 4%.
 */
export function rungName(width: number, height: number): number {
  const size = Math.max(Math.min(width, height), (Math.max(width, height) * 9) / 16);
  const nearest = standard.reduce((best, s) => (Math.abs(s - size) < Math.abs(best - size) ? s : best));
  return Math.abs(nearest - size) / size <= 0.04 ? nearest : Math.round(size);
}

type Variant = { id: number; width: number | null; height: number | null; bandwidth: number; active: boolean };

/** One entry a size, best first; where a size has several, the one with the most bits. */
export function rungsOf<V extends Variant>(variants: V[]): { id: number; name: number; width: number; height: number; bandwidth: number; active: boolean }[] {
  const bySize = new Map<string, V[]>();
  for (const variant of variants) {
    if (!variant.height || !variant.width) continue;
    const key = `${variant.width}x${variant.height}`;
    bySize.set(key, [...(bySize.get(key) ?? []), variant]);
  }
  return [...bySize.values()]
    .map((same) => {
      const best = same.reduce((a, b) => (b.bandwidth > a.bandwidth ? b : a));
      const { id, bandwidth } = best;
      const [width, height] = [best.width ?? 0, best.height ?? 0];
      return { id, name: rungName(width, height), width, height, bandwidth, active: same.some((v) => v.active) };
    })
    .sort((a, b) => b.width * b.height - a.width * a.height);
}
