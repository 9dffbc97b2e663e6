/* fileName.ts - what a file's name says: whether it is a film or a sheet of titles, which episode of what, and what a title may be called after it. */
const films = /\.(mp4|m4v|mov|mkv|webm|avi|mpg|mpeg|ts|m2ts|mts|mxf|wmv|flv|ogv|3gp)$/i;
const sheets: [RegExp, SheetFormat][] = [[/\.(csv|tsv)$/i, 'csv'], [/\.json$/i, 'json'], [/\.(xml|mrss|rss)$/i, 'mrss']];

export type SheetFormat = 'csv' | 'json' | 'mrss';
export const isFilm = (file: { name: string; type: string }): boolean => films.test(file.name) || file.type.startsWith('video/');
/** A file that describes titles (docs/BULK.md); null: it is none. */
export const sheetOf = (name: string): SheetFormat | null => sheets.find(([ends]) => ends.test(name))?.[1] ?? null;

const technical = /\b(\d{3,4}[pi]|4k|uhd|hdr10?|x26[45]|h\.?26[45]|hevc|avc|prores|web-?dl|web-?rip|blu-?ray|dvd-?rip|final|master)\b.*$/i;
const stemOf = (name: string): string => name.replace(/\.[^.]{1,5}$/, '').replace(/[._]+/g, ' ');
const cleaned = (words: string): string => words.replace(technical, '').replace(/[[(]\s*$/, '').replace(/^[\s\-–—:]+|[\s\-–—:]+$/g, '').replace(/\s+/g, ' ');
const capital = (text: string): string => text.charAt(0).toLocaleUpperCase() + text.slice(1);

/** "the.lighthouse_1080p.x264.mkv" -> "The lighthouse"; a name that holds nothing else stays as it is. */
export function titleOfFile(name: string): string {
  const words = stemOf(name).replace(/\s+-\s+$/, ' ');
  return capital(cleaned(words) || words.trim() || name);
}

export interface EpisodeName {
  series: string;
  season: number;
  episode: number;
  /** '': the name says nothing of it. */
  title: string;
}

/* Each with a season, an episode; what stands before is the series, what comes behind is the title. */
const marks = [/\bs(\d{1,4})\s*[ex-]\s*e?(\d{1,4})(?:\s*-?\s*e\d{1,4})?\b/i, /\b(\d{1,2})x(\d{1,4})\b/i, /\b(?:season|staffel)\s*(\d{1,4})\W+(?:episode|folge|ep)\s*(\d{1,4})\b/i];
const alone = [/\b(?:episode|folge|ep|e)\s*(\d{1,4})\b/i];
const seasonFolder = /^(?:season|staffel|series|s)\s*(\d{1,4})$/i;

/**
 * "Show.S01E03.Title.mkv", "Show - 1x03 - Title.mp4", "Show/Season 1/03 - Title.mkv" -> which episode of what; null: none that
 * can be told. path: with the folders it was dropped in, where they are known.
 */
export function episodeOf(path: string): EpisodeName | null {
  const parts = path.split('/').filter(Boolean);
  const stem = stemOf(parts.at(-1) ?? '');
  const folder = seasonFolder.exec((parts.at(-2) ?? '').replace(/[._]+/g, ' ').trim());
  const above = parts.at(folder ? -3 : -2) ?? '';
  const found = (match: RegExpExecArray, season: number, episode: number): EpisodeName | null => {
    const series = cleaned(stem.slice(0, match.index)) || cleaned(above.replace(/[._]+/g, ' '));
    return series ? { series: capital(series), season, episode, title: capital(cleaned(stem.slice(match.index + match[0].length))) } : null;
  };
  for (const mark of marks) {
    const match = mark.exec(stem);
    if (match) return found(match, Number(match[1]), Number(match[2]));
  }
  const season = Number(folder?.[1] ?? 1);
  for (const mark of alone) {
    const match = mark.exec(stem);
    if (match) return found(match, season, Number(match[1]));
  }
  const first = folder && /^\s*(\d{1,4})\b/.exec(stem);
  return first ? found(first, season, Number(first[1])) : null;
}
