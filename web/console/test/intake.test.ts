import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { countryCodes } from '@shared/countries';
import { doMany, listChanged } from '../src/lib/many';
import { faultsOf, kindTurn, matchOf, rowSet, seriesSet } from '../src/lib/matching';
import { compressed, continentOf, expanded } from '../src/lib/regions';
import { faultsSheet, linesSeen, reportLines } from '../src/lib/report';
import { columnGuess, columnKnown, columns, otherNames, sheetDecode, sheetRead, sheetWrite } from '../src/lib/sheet';
import { localOf, momentOf } from '../src/lib/zone';

const dropped = (...paths: string[]) => paths.map((path) => ({ path, file: { name: path.split('/').at(-1)!, size: 1 } as File }));

test('files are matched by their names, corrected by hand, and no episode starts twice', () => {
  let match = matchOf(dropped('Tides.S01E01.Ebb.mkv', 'tides - 1x02.mp4', 'The Lighthouse.mp4', 'Other S01E01.mkv'));
  expect([match.series, match.rows.map((row) => [row.group, row.season, row.episode, row.title])]).toEqual([['Tides', 'Other'], [[0, 1, 1, 'Ebb'], [0, 1, 2, ''], [null, null, null, 'The Lighthouse'], [1, 1, 1, '']]]);
  expect(faultsOf(match).size).toBe(0);
  match = kindTurn(match, 2);
  expect(match.rows[2]).toMatchObject({ group: 0, season: 1, episode: 3 });
  match = seriesSet(rowSet(match, 1, { episode: 1 }), 1, '');
  expect([...faultsOf(match)]).toEqual([[1, 'twice'], [3, 'series']]);
  match = kindTurn(seriesSet(match, 1, 'TIDES'), 1);
  expect(match.rows[1]).toMatchObject({ group: null, title: 'Tides - 1x02' });
  expect([...faultsOf(match)]).toEqual([[3, 'twice']]); /* two lists of the same series */
});

test('a sheet is read as the server reads it, and written with other names', () => {
  const sheet = sheetRead('Show;"Ep, no";Title;Junk\r\nTides;1;"The ""ebb""\nof it";x\r\n\r\nTides;2;;y\r\n')!;
  expect([sheet.separator, sheet.rows]).toEqual([';', [['Show', 'Ep, no', 'Title', 'Junk'], ['Tides', '1', 'The "ebb"\nof it', 'x'], [], ['Tides', '2', '', 'y']]]);
  expect(sheetWrite(sheet, ['series', 'episode', 'title', ''])).toBe('series,episode,title\nTides,1,"The ""ebb""\nof it"\n\nTides,2,');
  expect(sheetRead('a,"b')).toBe(null);
  expect(sheetRead('a\tb\n1')!.rows).toEqual([['a', 'b'], ['1']]);
  expect(sheetDecode(new Uint8Array([0x4d, 0xfc, 0x6c, 0x6c]))).toEqual({ text: 'Müll', encoding: 'windows-1252' });
  expect(sheetDecode(new TextEncoder().encode('Müll'))).toEqual({ text: 'Müll', encoding: 'utf-8' });
  expect(sheetDecode(new Uint8Array([0xff, 0xfe, 0x41, 0])).text).toBe('A');
});

test('the columns are those of the server', () => {
  const source = readFileSync(fileURLToPath(new URL('../../../src/service/catalog/bulk_csv.c', import.meta.url)), 'utf8');
  const table = source.slice(source.indexOf('} columns[] = {'), source.indexOf('};', source.indexOf('} columns[] = {')));
  const rows = [...table.matchAll(/^ *\{"(\w+)", (?:"(\w+)"|NULL)/gm)];
  expect(rows.map((row) => row[1])).toEqual([...columns]);
  expect(Object.fromEntries(rows.filter((row) => row[2]).map((row) => [row[2], row[1]]))).toEqual(otherNames);
  expect(['Title', ' synopsis.pt-BR', 'custom.shelf', 'Episode'].every(columnKnown)).toBe(true);
  expect(['custom.', 'year.de', 'Show', ''].some(columnKnown)).toBe(false);
  expect([columnGuess('Show Title', new Set()), columnGuess('Staffel', new Set()), columnGuess('Veröffentlicht', new Set()), columnGuess('Show', new Set(['series'])), columnGuess('Colour', new Set())]).toEqual(['series', 'season', 'published', '', '']);
});

test('ten thousand wrong rows are lines of one height, of which a few are drawn', () => {
  const rows = Array.from({ length: 10_000 }, (_, i) => ({ row: i + 2, action: 'error' as const, title_id: null, name: `Film ${i}`, changes: [], errors: [{ field: 'year', detail: 'Must be a whole number.' }, { field: '', detail: 'Too long.' }] }));
  const lines = reportLines({ rows }, 'error', '');
  expect([lines.length, lines[1]]).toEqual([20_000, { row: 2, action: null, titleId: null, name: '', text: 'Too long.' }]);
  expect(reportLines({ rows }, 'error', 'film 9999').map((line) => line.row)).toEqual([10_001, 10_001]);
  expect(reportLines({ rows }, 'create', '')).toEqual([]);
  expect(linesSeen(20_000, 40, 400_000, 500)).toEqual({ from: 9988, to: 10_025 });
  expect([linesSeen(0, 40, 0, 500), linesSeen(5, 40, 9999, 500)]).toEqual([{ from: 0, to: 0 }, { from: 0, to: 5 }]);
  expect(faultsSheet({ rows: [{ ...rows[0]!, name: 'A "b"' }] })).toBe('row,name,field,fault\r\n2,"A ""b""","year","Must be a whole number."\r\n2,"A ""b""","","Too long."');
});

test('a moment is what the clock on that wall shows', () => {
  expect(momentOf('Europe/Berlin', '2026-11-24T00:00')).toBe('2026-11-23T23:00:00.000Z');
  expect(momentOf('Asia/Kathmandu', '2026-06-01T12:00')).toBe('2026-06-01T06:15:00.000Z');
  expect(localOf('America/New_York', '2026-07-01T04:00:00Z')).toBe('2026-07-01T00:00');
  expect(momentOf('Europe/Berlin', '2026-10-25T02:30')).toBe('2026-10-25T00:30:00.000Z'); /* comes twice: the first */
  expect(momentOf('Europe/Berlin', '2026-03-29T02:30')).toBe('2026-03-29T01:30:00.000Z'); /* is skipped */
  for (const zone of ['UTC', 'Pacific/Apia', 'Australia/Lord_Howe', 'America/St_Johns']) expect(localOf(zone, momentOf(zone, '2026-04-05T13:45')!)).toBe('2026-04-05T13:45');
  expect([momentOf('UTC', ''), momentOf('UTC', '2026-13-01T00:00'), momentOf('UTC', '2026-01-01')]).toEqual([null, null, null]);
});

test('regions hold every country once, and say the same countries shorter', () => {
  expect(Object.values(continentOf).flat().sort()).toEqual([...countryCodes].sort());
  const eu = expanded(['eu'], ['CH']);
  expect([eu.length, compressed(eu)]).toEqual([28, { regions: ['eu'], codes: ['CH'] }]);
  expect(compressed(['DE', 'AT', 'CH', 'FR'])).toEqual({ regions: ['dach'], codes: ['FR'] });
  expect(compressed(expanded(['europe'], []))).toEqual({ regions: ['europe'], codes: [] });
  expect(expanded([], ['ZZ'])).toEqual([]);
});

test('many are changed a few at a time; one that fails stops no other, and the rest goes back', async () => {
  const state = new Map(['a', 'b', 'c', 'd', 'e'].map((id) => [id, 0]));
  let at = 0;
  let most = 0;
  const { backs, failed } = await doMany([...state.keys()], async (id) => {
    most = Math.max(most, ++at);
    await new Promise((go) => setImmediate(go));
    at--;
    if (id === 'c') throw new Error('no');
    if (id === 'd') return null;
    state.set(id, 1);
    return async () => state.set(id, 0);
  });
  expect([most, failed.length, [...state.values()]]).toEqual([3, 1, [1, 1, 0, 0, 1]]);
  await doMany(backs, async (back) => (await back(), null));
  expect([...state.values()]).toEqual([0, 0, 0, 0, 0]);
  expect([listChanged(['a', 'b'], { how: 'add', words: ['b', 'c'] }), listChanged(['a', 'b'], { how: 'remove', words: ['b'] }), listChanged(['a'], { how: 'replace', words: [] })]).toEqual([['a', 'b', 'c'], ['a'], []]);
});
