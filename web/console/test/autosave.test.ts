import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Autosave } from '../src/lib/autosave';

type Doc = { name: string; year: number; [key: string]: unknown };
const start: Doc = { name: 'Tide', year: 1999 };
const until = () => new Promise<void>((go) => setImmediate(go));

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

test('letters go out together, a moment after the last', async () => {
  const sent: Partial<Doc>[] = [];
  const doc = new Autosave<Doc>(start, async (patch, whole) => (sent.push(patch), whole));
  for (const name of ['Tide i', 'Tide in', 'Tide in June']) {
    doc.edit('name', name);
    vi.advanceTimersByTime(500);
  }
  expect([doc.state, sent]).toEqual(['waiting', []]);
  vi.advanceTimersByTime(1000);
  await until();
  expect(sent).toEqual([{ name: 'Tide in June' }]);
  expect(doc.state).toBe('saved');
});

test('what is typed while a request is under way is kept, and goes next', async () => {
  const sent: Partial<Doc>[] = [];
  let answer: (doc: Doc) => void = () => undefined;
  const doc = new Autosave<Doc>(start, (patch) => (sent.push(patch), new Promise<Doc>((done) => (answer = done))));
  doc.edit('name', 'A');
  const first = doc.flush();
  doc.edit('name', 'AB');
  doc.edit('year', 2001);
  answer({ name: 'A', year: 1999, slug: 'a' });
  await first;
  expect(doc.draft).toEqual({ name: 'AB', year: 2001, slug: 'a' });
  expect(doc.state).toBe('waiting');
  const second = doc.flush();
  answer({ name: 'AB', year: 2001, slug: 'a' });
  await second;
  expect(sent).toEqual([{ name: 'A' }, { name: 'AB', year: 2001 }]);
  expect(doc.dirty).toBe(false);
});

test('steps are taken back and done again, and saved as such', async () => {
  const sent: Partial<Doc>[] = [];
  const doc = new Autosave<Doc>(start, async (patch, whole) => (sent.push(patch), whole));
  doc.edit('name', 'A');
  doc.edit('name', 'AB');
  doc.edit('year', 2001);
  expect(doc.undo()).toBe('year');
  expect(doc.undo()).toBe('name'); /* both letters */
  expect(doc.draft).toEqual(start);
  expect([doc.canUndo, doc.dirty]).toEqual([false, false]);
  doc.redo();
  await doc.flush();
  expect(sent).toEqual([{ name: 'AB' }]);
  doc.undo();
  await doc.flush();
  expect(sent.at(-1)).toEqual({ name: 'Tide' });
});

test('a refusal keeps what was typed; trying again sends it', async () => {
  let fails = true;
  const doc = new Autosave<Doc>(start, async (_, whole) => {
    if (fails) throw new Error('no');
    return whole;
  });
  doc.edit('year', 2002);
  await doc.flush();
  expect([doc.state, doc.draft.year, doc.saved.year]).toEqual(['failed', 2002, 1999]);
  fails = false;
  await doc.flush();
  expect([doc.state, doc.saved.year, doc.error]).toEqual(['saved', 2002, null]);
});

test("somebody else's change shows where nothing was typed, and does not take away what was", () => {
  const doc = new Autosave<Doc>(start, async (_, whole) => whole);
  doc.refresh({ name: 'Theirs', year: 1999 });
  expect(doc.draft.name).toBe('Theirs');
  doc.edit('name', 'Mine');
  doc.refresh({ name: 'Theirs again', year: 1999 });
  expect(doc.draft.name).toBe('Mine');
});
