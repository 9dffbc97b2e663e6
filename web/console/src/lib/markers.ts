/* markers.ts - stretches of a film: how one begins or ends where the film stands. They are kept by their time, as the server gives them back. */
import type { EditorMarker } from '@shared/api/client';

export type MarkerKind = EditorMarker['kind'];
export const markerKinds: MarkerKind[] = ['chapter', 'intro', 'recap', 'credits'];
/** What a new one lasts before its end is set. */
const LASTS_S: Record<MarkerKind, number> = { chapter: Infinity, intro: 60, recap: 60, credits: Infinity };
const LEAST_S = 0.1;

const ms = (seconds: number): number => Math.round(seconds * 1000) / 1000;
const order = (a: EditorMarker, b: EditorMarker): number => a.from_s - b.from_s;
export const markersSort = (list: readonly EditorMarker[]): EditorMarker[] => [...list].sort(order);

/** A chapter ends the one that it begins in, and lasts until the next; credits last to the end. */
export function markerAdd(list: readonly EditorMarker[], kind: MarkerKind, at_s: number, duration_s: number): EditorMarker[] {
  const from_s = ms(Math.max(0, Math.min(at_s, duration_s - LEAST_S)));
  const next = kind === 'chapter' ? Math.min(...list.filter((one) => one.kind === 'chapter' && one.from_s > from_s).map((one) => one.from_s)) : Infinity;
  const to_s = ms(Math.max(from_s + LEAST_S, Math.min(from_s + LASTS_S[kind], next, duration_s)));
  const others = list.map((one) => (kind === 'chapter' && one.kind === 'chapter' && one.from_s < from_s && one.to_s > from_s ? { ...one, to_s: from_s } : one));
  return markersSort([...others, { kind, from_s, to_s, name: null }]);
}

/** One end of a marker is put somewhere; null: it would end before it begins. */
export function markerMove(list: readonly EditorMarker[], index: number, end: 'from_s' | 'to_s', at_s: number, duration_s: number): EditorMarker[] | null {
  const was = list[index];
  if (!was) return null;
  const one = { ...was, [end]: ms(Math.max(0, Math.min(at_s, duration_s > 0 ? duration_s : at_s))) };
  return one.to_s > one.from_s ? markersSort(list.map((other, i) => (i === index ? one : other))) : null;
}

/** Of a title's document. */
export const markersOf = (doc: { draft: Record<string, unknown> }): EditorMarker[] => (doc.draft.markers as EditorMarker[] | undefined) ?? [];
