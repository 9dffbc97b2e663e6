/* matching.ts - files and which episodes they are: what their names say, changed by hand, checked before anything starts. No screen, no network in here. */
import type { Dropped } from './dropped';
import { episodeOf, titleOfFile } from './fileName';

export interface MatchRow {
  key: number;
  dropped: Dropped;
  /** Of `series`; null: a film of its own. */
  group: number | null;
  season: number | null;
  episode: number | null;
  title: string;
}

export interface Match {
  /** Names of series; a row says which of them. */
  series: readonly string[];
  rows: readonly MatchRow[];
}

export const sameName = (a: string, b: string): boolean => a.trim().localeCompare(b.trim(), undefined, { sensitivity: 'base' }) === 0;

/** What the names say. Series that differ in case only are one. */
export function matchOf(dropped: readonly Dropped[]): Match {
  const series: string[] = [];
  const rows = dropped.map((one, key): MatchRow => {
    const found = episodeOf(one.path);
    if (!found) return { key, dropped: one, group: null, season: null, episode: null, title: titleOfFile(one.file.name) };
    let group = series.findIndex((name) => sameName(name, found.series));
    if (group < 0) group = series.push(found.series) - 1;
    return { key, dropped: one, group, season: found.season, episode: found.episode, title: found.title };
  });
  return { series, rows };
}

export const rowSet = (match: Match, key: number, change: Partial<MatchRow>): Match => ({ ...match, rows: match.rows.map((row) => (row.key === key ? { ...row, ...change } : row)) });
export const rowDrop = (match: Match, key: number): Match => ({ ...match, rows: match.rows.filter((row) => row.key !== key) });
export const seriesSet = (match: Match, group: number, name: string): Match => ({ ...match, series: match.series.map((one, i) => (i === group ? name : one)) });

/** An episode becomes a film, a film one of the first series, behind its last. */
export function kindTurn(match: Match, key: number): Match {
  const row = match.rows.find((one) => one.key === key);
  if (!row) return match;
  if (row.group !== null) return rowSet(match, key, { group: null, title: row.title || titleOfFile(row.dropped.file.name) });
  const series = match.series.length ? match.series : [''];
  const last = match.rows.filter((one) => one.group === 0);
  const season = Math.max(1, ...last.map((one) => one.season ?? 1));
  const episode = Math.max(0, ...last.filter((one) => one.season === season).map((one) => one.episode ?? 0)) + 1;
  return rowSet({ ...match, series }, key, { group: 0, season, episode });
}

export type MatchFault = 'series' | 'number' | 'twice' | 'title';

/** What keeps a row from starting; the same episode twice is the later one's fault. */
export function faultsOf(match: Match): Map<number, MatchFault> {
  const faults = new Map<number, MatchFault>();
  const taken = new Set<string>();
  for (const row of match.rows) {
    const name = row.group === null ? '' : (match.series[row.group] ?? '').trim();
    const place = `${name.toLocaleLowerCase()}\n${row.season}\n${row.episode}`;
    if (row.group === null) {
      if (!row.title.trim()) faults.set(row.key, 'title');
    } else if (!name) faults.set(row.key, 'series');
    else if (row.season === null || row.episode === null) faults.set(row.key, 'number');
    else if (taken.has(place)) faults.set(row.key, 'twice');
    else taken.add(place);
  }
  return faults;
}
