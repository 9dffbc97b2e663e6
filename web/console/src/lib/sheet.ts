/*
 * sheet.ts - a sheet's columns given other names before it goes to the server, which reads only those of docs/BULK.md. The server
 * reads the whole file by itself (any encoding); here a file is read only where a column has to be renamed or left out.
 */

/* As src/service/catalog/bulk_csv.c has them; a test compares the two. */
export const columns = [
  'id', 'slug', 'kind', 'name', 'synopsis', 'tagline', 'sort_name', 'lang', 'original_lang', 'year', 'released_on', 'maturity', 'published', 'parent', 'series', 'season', 'episode',
  'genres', 'tags', 'studios', 'actors', 'directors', 'writers', 'producers', 'composers', 'ratings', 'imdb', 'tmdb', 'eidr', 'wikidata', 'own_id',
] as const;
const others: Record<string, string> = {
  type: 'kind', title: 'name', description: 'synopsis', language: 'lang', original_language: 'original_lang', release_date: 'released_on', age: 'maturity', number: 'episode', genre: 'genres',
  keywords: 'tags', studio: 'studios', cast: 'actors', director: 'directors', writer: 'writers', producer: 'producers', composer: 'composers', rating: 'ratings', imdb_id: 'imdb', tmdb_id: 'tmdb',
  eidr_id: 'eidr', wikidata_id: 'wikidata', own: 'own_id',
};
export const otherNames = others;
const inLanguages = ['name', 'synopsis', 'tagline', 'sort_name'];

/** Whether the server knows a column by this name: "Title", "synopsis.de", "custom.shelf". */
export function columnKnown(head: string): boolean {
  const [base = '', ...rest] = head.trim().toLowerCase().split('.');
  const tail = rest.join('.');
  const own = others[base] ?? base;
  if (base === 'custom') return tail !== '';
  return (columns as readonly string[]).includes(own) && (!tail || inLanguages.includes(own));
}

/* What exports of other houses call them. */
const guesses: [RegExp, string][] = [
  [/^(show|programme?|serie[sn]?|seriesname|showtitle|serientitel)$/, 'series'], [/^(seasonnumber|seasonno|staffel|saison)$/, 'season'], [/^(episodenumber|episodeno|ep|epno|folge|folgennummer)$/, 'episode'],
  [/^(episodetitle|episodename|titel|titre|programtitle|assettitle|videotitle)$/, 'name'], [/^(plot|summary|longdescription|shortdescription|overview|beschreibung|inhalt|logline)$/, 'synopsis'],
  [/^(genrelist|categories|category|kategorie|kategorien)$/, 'genres'], [/^(jahr|productionyear|releaseyear)$/, 'year'], [/^(tag|keyword|stichworte|labels)$/, 'tags'], [/^(actor|castlist|starring|schauspieler|besetzung)$/, 'actors'],
  [/^(directedby|regie)$/, 'directors'], [/^(writtenby|drehbuch)$/, 'writers'], [/^(releasedate|airdate|firstaired|erstausstrahlung)$/, 'released_on'], [/^(sprache|locale)$/, 'lang'], [/^(fsk|minage|agerating|alter)$/, 'maturity'],
  [/^(imdbid|imdbcode)$/, 'imdb'], [/^(tmdbid)$/, 'tmdb'], [/^(guid|externalid|assetid|videoid|productid|sku|mediaid)$/, 'own_id'], [/^(status|live|active|veroffentlicht)$/, 'published'],
];

/** What an unknown column probably is; '': nothing of use, it is left out. A column that is taken already is not given twice. */
export function columnGuess(head: string, taken: ReadonlySet<string>): string {
  const plain = head.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase().replace(/[^a-z0-9]/g, '');
  const found = guesses.find(([pattern]) => pattern.test(plain))?.[1] ?? (columns as readonly string[]).find((one) => one.replace('_', '') === plain) ?? '';
  return taken.has(found) ? '' : found;
}

export interface Sheet {
  separator: string;
  /** With the names of the columns first. An empty line is one without cells. */
  rows: string[][];
}

/** RFC 4180; the separator is the one that the first line has most of. null: a quotation mark is never closed. */
export function sheetRead(text: string): Sheet | null {
  const first = (/^(?:"(?:[^"]|"")*"|[^"\r\n])*/.exec(text)?.[0] ?? '').replace(/"(?:[^"]|"")*"/g, '');
  const count = (one: string): number => first.split(one).length - 1;
  const separator = [',', ';', '\t'].reduce((best, one) => (count(one) > count(best) ? one : best));
  const rows: string[][] = [];
  let row: string[] = [];
  for (let at = 0; at <= text.length; ) {
    let cell = '';
    if (text[at] === '"') {
      const from = at + 1;
      do {
        at = text.indexOf('"', at + 1);
        if (at < 0) return null;
      } while (text[at + 1] === '"' && ++at);
      cell = text.slice(from, at++).replaceAll('""', '"');
    }
    const from = at;
    while (at < text.length && text[at] !== separator && text[at] !== '\n' && text[at] !== '\r') at++;
    cell += text.slice(from, at);
    row.push(cell);
    if (text[at] === separator) {
      at++;
      continue;
    }
    if (at < text.length || row.length > 1 || row[0]) rows.push(row.length === 1 && !row[0] ? [] : row);
    row = [];
    if (at >= text.length) break;
    at += text[at] === '\r' && text[at + 1] === '\n' ? 2 : 1;
  }
  return { separator, rows };
}

const cellOf = (cell: string): string => (/[",;\t\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);

/** The sheet with its columns named so; '' leaves one out. Lines stay where they are. */
export function sheetWrite({ rows }: Sheet, names: readonly string[]): string {
  const kept = names.map((name, i) => [name, i] as const).filter(([name]) => name);
  const line = (cells: readonly string[]) => kept.map(([, i]) => cellOf(cells[i] ?? '')).join(',');
  return [kept.map(([name]) => cellOf(name)).join(','), ...rows.slice(1).map((row) => (row.length ? line(row) : ''))].join('\n');
}

export const encodings = ['utf-8', 'windows-1252', 'windows-1250', 'windows-1251', 'windows-1253', 'windows-1254', 'iso-8859-2', 'iso-8859-15', 'utf-16le', 'utf-16be', 'shift_jis', 'gb18030', 'big5', 'euc-kr'];

/** Bytes as text: by their mark, as UTF-8 where they are, else as what western spreadsheets save; or as somebody says. */
export function sheetDecode(bytes: Uint8Array, said = ''): { text: string; encoding: string } {
  const mark = bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : bytes[0] === 0xfe && bytes[1] === 0xff ? 'utf-16be' : '';
  const encoding = said || mark;
  if (encoding) return { text: new TextDecoder(encoding).decode(bytes), encoding };
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes), encoding: 'utf-8' };
  } catch {
    return { text: new TextDecoder('windows-1252').decode(bytes), encoding: 'windows-1252' };
  }
}
