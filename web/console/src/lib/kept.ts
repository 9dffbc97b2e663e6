/*
 * kept.ts - uploads that have begun, written down in this browser before the first byte goes: after it was closed or crashed they
 * are still known, by the file's name, length and date. IndexedDB, because it is on the disk when it says so, and takes a file's handle.
 * A browser that keeps nothing loses only this.
 */
export interface Kept {
  /** Account, name, length and date of the file. */
  mark: string;
  account: string;
  url: string;
  name: string;
  size: number;
  title: string;
  /** The title whose film it becomes. */
  into?: string | undefined;
  at: number;
  handle?: FileSystemFileHandle | undefined;
}

export const markOf = (account: string, file: Pick<File, 'name' | 'size' | 'lastModified'>): string => [account, file.name, file.size, file.lastModified].join('\n');

const STORE = 'uploads';
let opened: Promise<IDBDatabase | null> | undefined;

function database(): Promise<IDBDatabase | null> {
  opened ??= new Promise((done) => {
    try {
      const ask = indexedDB.open('matinee.console', 1);
      ask.onupgradeneeded = () => ask.result.createObjectStore(STORE, { keyPath: 'mark' });
      ask.onsuccess = () => done(ask.result);
      ask.onerror = () => done(null);
      ask.onblocked = () => done(null);
    } catch {
      done(null);
    }
  });
  return opened;
}

async function work<T>(mode: IDBTransactionMode, act: (store: IDBObjectStore) => IDBRequest<T>): Promise<T | undefined> {
  const db = await database();
  if (!db) return undefined;
  return await new Promise((done) => {
    try {
      const tx = db.transaction(STORE, mode, { durability: mode === 'readwrite' ? 'strict' : 'default' });
      const ask = act(tx.objectStore(STORE));
      tx.oncomplete = () => done(ask.result);
      tx.onerror = () => done(undefined);
      tx.onabort = () => done(undefined);
    } catch {
      done(undefined); /* a handle that cannot be written, a browser that closes */
    }
  });
}

export async function keptPut(one: Kept): Promise<void> {
  const key = await work('readwrite', (store) => store.put(one));
  if (key === undefined && one.handle) await work('readwrite', (store) => store.put({ ...one, handle: undefined }));
}
export const keptGet = (mark: string): Promise<Kept | undefined> => work<Kept | undefined>('readonly', (store) => store.get(mark));
export const keptDrop = async (mark: string): Promise<void> => void (await work('readwrite', (store) => store.delete(mark)));
export const keptList = async (account: string): Promise<Kept[]> => ((await work<Kept[]>('readonly', (store) => store.getAll())) ?? []).filter((one) => one.account === account);
