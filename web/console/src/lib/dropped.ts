/*
 * dropped.ts - what was dropped into the window: files, and what is in the folders among them. Where the browser gives a handle,
 * it is kept with the file: with it an upload goes on after the browser was closed.
 */
export interface Dropped {
  file: File;
  /** With the folders it was in: "Show/Season 1/03.mkv". */
  path: string;
  handle?: FileSystemFileHandle | undefined;
}

interface HandleItem extends DataTransferItem {
  getAsFileSystemHandle?: () => Promise<FileSystemHandle | null>;
}
interface Listing extends FileSystemDirectoryHandle {
  values(): AsyncIterable<FileSystemHandle>;
}

/* A folder that holds a whole disk is nobody's wish. */
const FILES_MAX = 2000;
const DEPTH_MAX = 5;

async function ofHandle(handle: FileSystemHandle, path: string, into: Dropped[], depth = 0): Promise<void> {
  if (into.length >= FILES_MAX || depth > DEPTH_MAX) return;
  if (handle.kind === 'file') {
    const own = handle as FileSystemFileHandle;
    into.push({ file: await own.getFile(), path: path + handle.name, handle: own });
  } else for await (const one of (handle as Listing).values()) await ofHandle(one, `${path}${handle.name}/`, into, depth + 1);
}

async function ofEntry(entry: FileSystemEntry, into: Dropped[], depth = 0): Promise<void> {
  if (into.length >= FILES_MAX || depth > DEPTH_MAX) return;
  if (entry.isFile) {
    into.push({ file: await new Promise<File>((done, fail) => (entry as FileSystemFileEntry).file(done, fail)), path: entry.fullPath });
    return;
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  for (;;) {
    /* A hundred at a time, until there are none. */
    const some = await new Promise<FileSystemEntry[]>((done, fail) => reader.readEntries(done, fail));
    if (!some.length) return;
    for (const one of some) await ofEntry(one, into, depth + 1);
  }
}

/** Must be called while the event is handled; the files come later, in the order of their paths. */
export async function filesOfDrop(data: DataTransfer): Promise<Dropped[]> {
  const items = [...data.items].filter((item) => item.kind === 'file').map((item: HandleItem) => ({
    file: item.getAsFile(),
    entry: item.webkitGetAsEntry(),
    handle: item.getAsFileSystemHandle?.().catch(() => null) ?? Promise.resolve(null),
  }));
  const found: Dropped[] = [];
  for (const { file, entry, handle } of items) {
    const kept = await handle;
    if (kept) await ofHandle(kept, '', found);
    else if (entry?.isDirectory) await ofEntry(entry, found);
    else if (file) found.push({ file, path: file.name });
  }
  const order = new Intl.Collator(undefined, { numeric: true });
  return found.filter((one) => !one.file.name.startsWith('.')).sort((a, b) => order.compare(a.path, b.path));
}

export const filesPlain = (files: readonly File[]): Dropped[] => files.map((file) => ({ file, path: file.webkitRelativePath || file.name }));

/** The file behind a kept handle; null: the person does not allow it, or it is gone. Asks, so somebody must have pressed something. */
export async function fileOfHandle(handle: FileSystemFileHandle): Promise<File | null> {
  const asked = handle as FileSystemFileHandle & { queryPermission?: (o: object) => Promise<string>; requestPermission?: (o: object) => Promise<string> };
  const read = { mode: 'read' };
  try {
    let state = (await asked.queryPermission?.(read)) ?? 'granted';
    if (state === 'prompt') state = (await asked.requestPermission?.(read)) ?? 'denied';
    return state === 'granted' ? await handle.getFile() : null;
  } catch {
    return null;
  }
}
