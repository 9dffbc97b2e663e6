/* cues.ts - subtitles as an editor handles them: lines in the order of their beginnings, each change a new list. Nothing of the screen in here. */
import type { Cue, CueLimits } from '@shared/api/client';

export interface Line {
  /** Stays with the line through every change. */
  key: number;
  start: number;
  end: number;
  text: string;
  settings: string;
}
export type Lines = readonly Line[];
const DAY_MS = 24 * 3_600_000;
/** What a new line gets, where there is room. */
const FRESH_MS = 2000;

let last = 0;
export const linesOf = (cues: readonly Cue[]): Line[] => cues.map((cue) => ({ key: ++last, start: cue.start_ms, end: cue.end_ms, text: plainOf(cue.text), settings: cue.settings ?? '' }));
export const cuesOf = (lines: Lines): Cue[] => lines.map((line) => ({ start_ms: line.start, end_ms: line.end, text: markedOf(line.text), settings: line.settings }));
const sorted = (lines: Lines): Line[] => [...lines].sort((a, b) => a.start - b.start || a.key - b.key);

/** An ampersand is shown as one; what only looks like an entity then stays as it was. */
const plainOf = (text: string): string => text.replace(/&amp;(?!(?:amp|lt|gt|lrm|rlm|nbsp|#\d+|#x[\da-f]+);)/gi, '&');
const markedOf = (text: string): string => text.replace(/&(?!(?:amp|lt|gt|lrm|rlm|nbsp|#\d+|#x[\da-f]+);)/gi, '&amp;').replace(/\n{2,}/g, '\n').trim();

/** The words alone, as a player shows them. */
export function wordsOf(text: string): string {
  const named: Record<string, string> = { amp: '&', lt: '<', gt: '>', lrm: '\u200e', rlm: '\u200f', nbsp: '\u00a0' };
  return text.replace(/<\/?(?:[a-z]+|\d)[^<>]*>/gi, '').replace(/&(amp|lt|gt|lrm|rlm|nbsp);/g, (_, name: string) => named[name] ?? '');
}

/* ---- Times ---- */

export function timeText(ms: number): string {
  const whole = Math.max(0, Math.round(ms));
  const two = (n: number) => String(Math.floor(n)).padStart(2, '0');
  const head = whole >= 3_600_000 ? `${Math.floor(whole / 3_600_000)}:` : '';
  return `${head}${two((whole / 60_000) % 60)}:${two((whole / 1000) % 60)}.${String(whole % 1000).padStart(3, '0')}`;
}

/** "1:02:03.4", "02:03,400" or "62.5" as somebody types it; null: no time. */
export function timeOf(typed: string): number | null {
  const match = /^\s*(?:(?:(\d{1,2}):)?(\d{1,3}):)?(\d{1,5})(?:[.,](\d{1,3}))?\s*$/.exec(typed);
  if (!match) return null;
  const [, hours, minutes, seconds, part] = match;
  if (minutes !== undefined && (Number(seconds) > 59 || (hours !== undefined && Number(minutes) > 59))) return null;
  return (Number(hours ?? 0) * 3600 + Number(minutes ?? 0) * 60 + Number(seconds)) * 1000 + Number((part ?? '').padEnd(3, '0'));
}

/* ---- Changes ---- */

export const changed = (lines: Lines, key: number, change: Partial<Line>): Line[] => sorted(lines.map((line) => (line.key === key ? { ...line, ...change } : line)));
export const removed = (lines: Lines, key: number): Line[] => lines.filter((line) => line.key !== key);

/** At a time, up to the next line at most; where another one stands, behind it. */
export function inserted(lines: Lines, at: number): { lines: Line[]; key: number } {
  const under = lines.find((line) => line.start <= at && line.end > at);
  const start = Math.round(under ? under.end : at);
  const next = lines.find((line) => line.start >= start);
  const end = next && next.start > start + 200 ? Math.min(start + FRESH_MS, next.start) : start + FRESH_MS;
  const line = { key: ++last, start, end, text: '', settings: '' };
  return { lines: sorted([...lines, line]), key: line.key };
}

/** In two at a time (else in the middle): the words at their line break, else at the blank nearest to the middle. */
export function split(lines: Lines, key: number, at: number | null): { lines: Line[]; key: number } | null {
  const line = lines.find((one) => one.key === key);
  if (!line || line.end - line.start < 200) return null;
  const middle = at !== null && at > line.start + 50 && at < line.end - 50 ? Math.round(at) : Math.round((line.start + line.end) / 2);
  const blanks = [...line.text.matchAll(/\s/g)].map((m) => m.index);
  const breaks = [...line.text.matchAll(/\n/g)].map((m) => m.index);
  const half = line.text.length / 2;
  const cut = [...(breaks.length ? breaks : blanks)].sort((a, b) => Math.abs(a - half) - Math.abs(b - half))[0] ?? line.text.length;
  const second = { ...line, key: ++last, start: middle, text: line.text.slice(cut).trim() };
  return { lines: sorted(lines.flatMap((one) => (one.key === key ? [{ ...line, end: middle, text: line.text.slice(0, cut).trim() }, second] : [one]))), key: second.key };
}

/** With the one behind it. */
export function merged(lines: Lines, key: number): Line[] | null {
  const at = lines.findIndex((line) => line.key === key);
  const line = lines[at], next = lines[at + 1];
  if (!line || !next) return null;
  const one = { ...line, end: Math.max(line.end, next.end), text: [line.text, next.text].filter(Boolean).join('\n') };
  return lines.flatMap((other) => (other.key === key ? [one] : other.key === next.key ? [] : [other]));
}

/** Lines that begin there or later; null: one would be over before the film begins. */
export function shifted(lines: Lines, ms: number, from = 0): Line[] | null {
  if (lines.some((line) => line.start >= from && line.end + ms <= 0)) return null;
  return sorted(lines.map((line) => (line.start >= from ? { ...line, start: Math.max(0, line.start + ms), end: line.end + ms } : line)));
}

export interface Anchor {
  from: number;
  to: number;
}
/** What lies at an anchor's from comes to its to, the rest in proportion; null: the anchors say nothing of use. */
export function stretched(lines: Lines, a: Anchor, b: Anchor): Line[] | null {
  const [first, second] = a.from <= b.from ? [a, b] : [b, a];
  const from = second.from - first.from, to = second.to - first.to;
  if (from <= 0 || to <= 0 || to > 2 * from || from > 2 * to || Math.max(a.from, a.to, b.from, b.to) > DAY_MS) return null;
  const move = (ms: number) => Math.round(first.to + ((ms - first.from) * to) / from);
  if (lines.some((line) => move(line.end) <= 0)) return null;
  return sorted(lines.map((line) => {
    const start = Math.max(0, move(line.start));
    return { ...line, start, end: Math.max(move(line.end), start + 1) };
  }));
}

const rational: Record<string, [number, number]> = { '23.976': [24_000, 1001], '24': [24, 1], '25': [25, 1], '29.97': [30_000, 1001], '30': [30, 1], '50': [50, 1], '59.94': [60_000, 1001], '60': [60, 1] };
export const rates = ['23.976', '24', '25', '29.97', '30', '50', '59.94', '60'];
/** Made for one frame rate, played at another: an hour as an anchor; null: no such rate. */
export function rateAnchor(madeFor: string, playsAt: string): Anchor | null {
  const made = rational[madeFor], plays = rational[playsAt];
  return made && plays ? { from: 3_600_000, to: (3_600_000 * made[0] * plays[1]) / (plays[0] * made[1]) } : null;
}

/* ---- Looking ---- */

export type WarningCode = 'negative' | 'empty' | 'overlap' | 'too_fast' | 'too_short' | 'too_long' | 'long_line' | 'many_lines' | 'past_end';
export interface Warning {
  code: WarningCode;
  value: number;
}
/** The first two are refused by the server; the others are what it says of saved cues, for those that are not saved yet. */
export const refusedCodes: readonly WarningCode[] = ['negative', 'empty'];

export function warningsOf(line: Line, next: Line | undefined, film: number, limits: CueLimits): Warning[] {
  const found: Warning[] = [];
  const ms = line.end - line.start;
  const rows = wordsOf(line.text).split('\n');
  const chars = rows.reduce((sum, row) => sum + [...row].length, 0);
  const longest = Math.max(...rows.map((row) => [...row].length));
  const say = (code: WarningCode, value: number, when: boolean) => { if (when) found.push({ code, value }); };
  say('negative', ms, ms <= 0);
  say('empty', 0, rows.join('').trim() === '');
  say('overlap', next ? line.end - next.start : 0, ms > 0 && next !== undefined && next.start < line.end);
  say('too_fast', Math.ceil((chars * 1000) / ms), ms > 0 && chars * 1000 > ms * limits.chars_per_s);
  say('too_short', ms, ms > 0 && ms < limits.min_ms);
  say('too_long', ms, ms > limits.max_ms);
  say('long_line', longest, longest > limits.line_chars);
  say('many_lines', rows.length, rows.length > limits.lines);
  say('past_end', line.end - film, film > 0 && line.end > film);
  return found;
}

/** Which line stands on the screen then: the last of those that have begun and not ended; -1: none. */
export function indexAt(lines: Lines, ms: number): number {
  let low = 0, high = lines.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((lines[middle]?.start ?? 0) <= ms) low = middle + 1;
    else high = middle;
  }
  for (let i = low - 1; i >= Math.max(0, low - 6); i--) if ((lines[i]?.end ?? 0) > ms) return i;
  return -1;
}
