/* timecode.ts - places in a film as people write them. Seconds, to the millisecond. */
const two = (n: number): string => String(n).padStart(2, '0');

/** 3725.5 -> "1:02:05.500", 65 -> "1:05.000". */
export function timecodeText(seconds: number): string {
  const ms = Math.max(0, Math.round(seconds * 1000));
  const s = Math.floor(ms / 1000);
  const [h, m] = [Math.floor(s / 3600), Math.floor(s / 60) % 60];
  return `${h ? `${h}:${two(m)}` : m}:${two(s % 60)}.${String(ms % 1000).padStart(3, '0')}`;
}

/** "1:02:05,5", "62:05", "90.25" -> seconds; null: none of these. */
export function timecodeRead(typed: string): number | null {
  const match = /^\s*(?:(?:(\d{1,3}):)?(\d{1,4}):)?(\d{1,6})(?:[.,](\d{1,3}))?\s*$/.exec(typed);
  if (!match) return null;
  const [, h, m, s, rest = ''] = match;
  if ((h !== undefined && Number(m) > 59) || (m !== undefined && Number(s) > 59)) return null;
  return Number(h ?? 0) * 3600 + Number(m ?? 0) * 60 + Number(s) + Number(rest.padEnd(3, '0')) / 1000;
}
