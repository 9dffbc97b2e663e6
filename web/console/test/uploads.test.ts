import { expect, test } from 'vitest';
import { episodeOf, isFilm, sheetOf, titleOfFile } from '../src/lib/fileName';
import { PIECE_MAX, PIECE_MIN, pieceBroken, pieceNext } from '../src/lib/pieces';
import { Uploads, type Told, type Transport, type Upload } from '../src/lib/uploads';

const file = (name: string, size = 1000) => ({ name, size, type: '' }) as File;
const until = () => new Promise<void>((go) => setImmediate(go));

const want = (...names: string[]) => names.map((name) => ({ file: file(name) }));

function bench() {
  const running = new Map<string, { done: (id: string) => void; fail: (e: unknown) => void; tell: Told; signal: AbortSignal }>();
  const forgotten: string[] = [];
  const transport: Transport = {
    send: (upload, tell, signal) =>
      new Promise((done, fail) => {
        running.set(upload.file.name, { done, fail, tell, signal });
        signal.addEventListener('abort', () => fail(new DOMException('stopped', 'AbortError')));
      }),
    forget: async (upload) => void forgotten.push(upload.file.name),
  };
  let now = 0;
  const uploads = new Uploads(transport, () => now);
  const of = (name: string) => uploads.list.find((one: Upload) => one.file.name === name)!;
  return { running, uploads, of, forgotten, later: (ms: number) => (now += ms) };
}

test('two go at a time, in the order in which they came', async () => {
  const { running, uploads, of } = bench();
  uploads.add(want('a.mp4', 'b.mp4', 'c.mp4'));
  expect([...running.keys()]).toEqual(['a.mp4', 'b.mp4']);
  expect(of('c.mp4').state).toBe('waiting');
  running.get('a.mp4')!.done('id-a');
  await until();
  expect([of('a.mp4').state, of('a.mp4').importId]).toEqual(['sent', 'id-a']);
  expect([...running.keys()]).toEqual(['a.mp4', 'b.mp4', 'c.mp4']);
  expect(uploads.busy).toBe(true);
});

test('progress says how far and how fast', () => {
  const { running, uploads, of, later } = bench();
  uploads.add([{ file: file('a.mp4', 10_000) }]);
  running.get('a.mp4')!.tell.progress(0);
  later(2000);
  running.get('a.mp4')!.tell.progress(4000);
  expect([of('a.mp4').sent, of('a.mp4').speed]).toEqual([4000, 2000]);
});

test('one that is stopped makes room, one that fails can be tried again', async () => {
  const { running, uploads, of, forgotten } = bench();
  uploads.add(want('a.mp4', 'b.mp4', 'c.mp4'));
  await uploads.stop(of('a.mp4').key);
  await until();
  expect(forgotten).toEqual(['a.mp4']);
  expect([of('a.mp4').state, of('c.mp4').state]).toEqual(['cancelled', 'sending']);
  const why = new Error('no room');
  running.get('b.mp4')!.fail(why);
  await until();
  expect([of('b.mp4').state, of('b.mp4').error]).toEqual(['failed', why]);
  running.delete('b.mp4');
  uploads.retry(of('b.mp4').key);
  expect([of('b.mp4').state, running.has('b.mp4')]).toEqual(['sending', true]);
});

test("a file's name becomes a title's", () => {
  expect(titleOfFile('the.lighthouse_1080p.x264.mkv')).toBe('The lighthouse');
  expect(titleOfFile('Harbour - FINAL master.mov')).toBe('Harbour');
  expect(titleOfFile('1080p.mp4')).toBe('1080p');
  expect(titleOfFile('prisma.ÉTÉ.mp4')).toBe('Prisma ÉTÉ');
  expect([isFilm(file('a.MKV')), isFilm(file('a.csv')), isFilm({ name: 'a', type: 'video/mp4' })]).toEqual([true, false, true]);
});

test('one that is paused makes room, stays on the server, and goes on where it stopped', async () => {
  const { running, uploads, of, forgotten } = bench();
  uploads.add(want('a.mp4', 'b.mp4', 'c.mp4'));
  const { key } = of('a.mp4');
  running.get('a.mp4')!.tell.at('/api/v1/uploads/1');
  running.get('a.mp4')!.tell.progress(400);
  uploads.pause(key);
  await until();
  uploads.retry(key);
  expect([of('a.mp4').state, of('c.mp4').state, forgotten]).toEqual(['waiting', 'sending', []]);
  running.get('b.mp4')!.done('id-b');
  await until();
  expect([of('a.mp4').state, of('a.mp4').sent, of('a.mp4').url]).toEqual(['sending', 400, '/api/v1/uploads/1']);
  uploads.pause(key);
  uploads.retry(key); /* before it has stopped: it waits for that, and is not sent twice */
  expect(of('a.mp4').state).toBe('waiting');
  await until();
  expect(of('a.mp4').state).toBe('sending');
});

test('what a broken line failed is tried again when there is one', async () => {
  const { running, uploads, of } = bench();
  uploads.add(want('a.mp4', 'b.mp4'));
  running.get('a.mp4')!.tell.stuck();
  expect(of('a.mp4').stuck).toBe(true);
  running.get('a.mp4')!.fail('line');
  running.get('b.mp4')!.fail('refused');
  await until();
  uploads.retryBroken((error) => error === 'line');
  expect([of('a.mp4').state, of('b.mp4').state]).toEqual(['sending', 'failed']);
});

test('which episode of what, by the names that people give', () => {
  const said = (path: string) => {
    const one = episodeOf(path);
    return one && [one.series, one.season, one.episode, one.title];
  };
  expect(said('Show.S01E03.Title.mkv')).toEqual(['Show', 1, 3, 'Title']);
  expect(said('Show - 1x03 - Title.mp4')).toEqual(['Show', 1, 3, 'Title']);
  expect(said('the_long.road.s2e10.1080p.WEB-DL.x264.mkv')).toEqual(['The long road', 2, 10, '']);
  expect(said('Gezeiten - Staffel 2 Folge 4 - Die Flut.mov')).toEqual(['Gezeiten', 2, 4, 'Die Flut']);
  expect(said('Tides S01E01-E02 Pilot.mp4')).toEqual(['Tides', 1, 1, 'Pilot']);
  expect(said('Tides/Season 2/03 - The Tide.mkv')).toEqual(['Tides', 2, 3, 'The Tide']);
  expect(said('Tides/S02/E03.mkv')).toEqual(['Tides', 2, 3, '']);
  expect(said('Tides/Episode 7.mp4')).toEqual(['Tides', 1, 7, '']);
  expect(said('Ärger im Paradies S03E12 Über den Wolken (1080p).mp4')).toEqual(['Ärger im Paradies', 3, 12, 'Über den Wolken']);
  for (const film of ['2001 A Space Odyssey.mkv', 'S01E03.mkv', 'Film 1920x1080.mp4', 'Blade Runner 2049.mp4']) expect(said(film), film).toBe(null);
  expect([sheetOf('a.CSV'), sheetOf('a.json'), sheetOf('feed.xml'), sheetOf('a.mp4')]).toEqual(['csv', 'json', 'mrss', null]);
});

test('a piece is what the line carries in a few seconds', () => {
  expect(pieceNext(PIECE_MIN, 100)).toBe(4 * PIECE_MIN);
  expect(pieceNext(8 * PIECE_MIN, 12_000)).toBe(4 * PIECE_MIN);
  expect(pieceNext(PIECE_MIN, 60_000)).toBe(PIECE_MIN);
  expect(pieceNext(PIECE_MAX, 1)).toBe(PIECE_MAX);
  expect([pieceBroken(PIECE_MAX), pieceBroken(PIECE_MIN)]).toEqual([PIECE_MAX / 2, PIECE_MIN]);
});
