import { expect, test } from 'vitest';
import { isFilm, titleOfFile } from '../src/lib/fileName';
import { Uploads, type Transport, type Upload } from '../src/lib/uploads';

const file = (name: string, size = 1000) => ({ name, size, type: '' }) as File;
const until = () => new Promise<void>((go) => setImmediate(go));

function bench() {
  const running = new Map<string, { done: (id: string) => void; fail: (e: unknown) => void; progress: (n: number) => void; signal: AbortSignal }>();
  const send: Transport = (upload, progress, signal) =>
    new Promise((done, fail) => {
      running.set(upload.file.name, { done, fail, progress, signal });
      signal.addEventListener('abort', () => fail(new DOMException('stopped', 'AbortError')));
    });
  let now = 0;
  const uploads = new Uploads(send, () => now);
  const of = (name: string) => uploads.list.find((one: Upload) => one.file.name === name)!;
  return { running, uploads, of, later: (ms: number) => (now += ms) };
}

test('two go at a time, in the order in which they came', async () => {
  const { running, uploads, of } = bench();
  uploads.add([file('a.mp4'), file('b.mp4'), file('c.mp4')]);
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
  uploads.add([file('a.mp4', 10_000)]);
  running.get('a.mp4')!.progress(0);
  later(2000);
  running.get('a.mp4')!.progress(4000);
  expect([of('a.mp4').sent, of('a.mp4').speed]).toEqual([4000, 2000]);
});

test('one that is stopped makes room, one that fails can be tried again', async () => {
  const { running, uploads, of } = bench();
  uploads.add([file('a.mp4'), file('b.mp4'), file('c.mp4')]);
  uploads.stop(of('a.mp4').key);
  await until();
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
