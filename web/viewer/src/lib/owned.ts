/* owned.ts - whether a rental or a purchase can still be watched. */
import type { Owned } from '@shared/api/client';

export function isUsable({ state, ends_at, start_by_at }: Pick<Owned, 'state' | 'ends_at' | 'start_by_at'>, now = Date.now()): boolean {
  if (state !== 'active') return false;
  const until = ends_at ?? start_by_at; /* a rental that was begun has its end, one that was not its last day to begin */
  return until === null || Date.parse(until) > now;
}
