/* markers.ts - what a place in a film offers: to skip what is known, or the next episode. */
import type { Marker } from '@shared/api/client';

export type Offer = { what: 'intro' | 'recap' | 'credits'; to_s: number } | { what: 'next' };

/* Where nobody has marked the credits. */
const LAST_S = 12;
/* A stretch that ends within this of the film's end is its end. */
const END_S = 8;
/* Nobody presses a button for less. */
const WORTH_S = 3;

/** `next`: an episode follows. */
export function offerAt(markers: readonly Marker[], at_s: number, duration_s: number, next: boolean): Offer | null {
  const credits = markers.find((marker) => marker.kind === 'credits');
  if (next && duration_s > LAST_S && at_s >= (credits?.from_s ?? duration_s - LAST_S)) return { what: 'next' };
  const now = markers.find(({ kind, from_s, to_s }) => kind !== 'chapter' && at_s >= from_s && at_s < to_s - WORTH_S);
  if (!now || (now.kind === 'credits' && now.to_s > duration_s - END_S)) return null;
  return { what: now.kind as 'intro' | 'recap' | 'credits', to_s: now.to_s };
}

/** The chapters that begin within the film, not at its very start: ticks on the line. */
export const chapterTicks = (markers: readonly Marker[], duration_s: number): Marker[] =>
  markers.filter(({ kind, from_s }) => kind === 'chapter' && from_s > 1 && from_s < duration_s - 1);

export const chapterAt = (markers: readonly Marker[], at_s: number): string | null =>
  markers.find(({ kind, from_s, to_s }) => kind === 'chapter' && at_s >= from_s && at_s < to_s)?.name ?? null;
