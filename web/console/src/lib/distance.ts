/* distance.ts - a time with a sign, as somebody types how far lines are to move. */
import { timeOf } from './cues';

/** "1.5", "-0,25" seconds, or "-00:01.500" -> milliseconds; null: neither. */
export function distanceOf(typed: string): number | null {
  const match = /^\s*([+\-−]?)\s*(.+)$/.exec(typed);
  const ms = match?.[2] === undefined ? null : timeOf(match[2]);
  return ms === null ? null : match?.[1] === '-' || match?.[1] === '−' ? -ms : ms;
}
