/*
 * send.ts - how one file goes up: by tus (docs/decisions/0019), piece by piece with a checksum each, again and again while the line is
 * broken, and from where it stopped after the browser was closed, as long as it is the same file (lib/kept.ts).
 */
import * as api from '@shared/api/client';
import { ApiError, type FieldError } from '@shared/api/client';
import type { DetailedError, HttpRequest, HttpResponse, UploadOptions } from 'tus-js-client';
import { keptDrop, keptGet, keptPut, markOf } from '../lib/kept';
import { PIECE_MIN, pieceBroken, pieceNext } from '../lib/pieces';
import type { Transport, Upload } from '../lib/uploads';

/* An hour of trying: every quarter of a minute after the first. */
const RETRIES = [0, 500, 1000, 2000, 4000, 8000, ...Array.from({ length: 240 }, () => 15_000)];
const SETTLED_MS = 500;
const lockOf = (id: string): string => `matinee.upload.${id}`;

/** Uploads that some window of this browser sends at this moment. */
export async function uploadsHeld(): Promise<ReadonlySet<string>> {
  const held = (await globalThis.navigator?.locks?.query())?.held ?? [];
  return new Set(held.map((lock) => lock.name?.replace(lockOf(''), '') ?? ''));
}

/** Until `signal`: other windows leave it alone. */
function hold(id: string, signal: AbortSignal): void {
  const until = new Promise<void>((done) => signal.addEventListener('abort', () => done()));
  void navigator.locks?.request(lockOf(id), { ifAvailable: true }, (lock) => (lock ? until : undefined)).catch(() => undefined);
}

export const uploadIdOf = (url: string): string => url.replace(/[?#].*$/, '').replace(/^.*\//, '');

/** A refusal in words; without an answer, that the line is broken. */
function problemOf(error: Error | DetailedError): Error {
  const answer: HttpResponse | null | undefined = 'originalResponse' in error ? error.originalResponse : null;
  if (!answer) return 'originalRequest' in error ? new ApiError(0, 'network', '') : error;
  let body: { code?: string; detail?: string; errors?: FieldError[]; request_id?: string } = {};
  try {
    body = JSON.parse(answer.getBody()) as typeof body;
  } catch {
    /* no words of the program's; the status says what there is to say */
  }
  return new ApiError(answer.getStatus(), body.code ?? 'http', body.detail ?? `The server answered ${answer.getStatus()}.`, body.errors ?? [], body.request_id ?? '', 0, body);
}

/** What asking again may mend: no answer, a server that starts, somebody else's turn, a damaged piece. */
export const worthTrying = (status: number): boolean => status === 0 || status >= 500 || [408, 409, 423, 425, 429, 460].includes(status);

/** The piece's own hash, where the browser can make one: not on an address without TLS. */
async function sumSet(ask: HttpRequest, file: File, options: UploadOptions): Promise<void> {
  const from = Number(ask.getHeader('Upload-Offset'));
  if (ask.getMethod() !== 'PATCH' || !Number.isSafeInteger(from) || !globalThis.crypto?.subtle) return;
  const piece = await file.slice(from, from + (options.chunkSize ?? Infinity)).arrayBuffer();
  const sum = new Uint8Array(await crypto.subtle.digest('SHA-256', piece));
  ask.setHeader('Upload-Checksum', `sha256 ${btoa(String.fromCharCode(...sum))}`);
}

/** What the whole file became: the import, or why not. */
async function importOf(upload: Upload, url: string, signal: AbortSignal): Promise<string | null> {
  for (;;) {
    const whole = await api.uploadGet(uploadIdOf(url), { signal });
    if (whole.import_id) return whole.import_id;
    if (whole.error) throw new ApiError(409, whole.error.code, whole.error.detail, [], '', 0, { upload_id: whole.id, duplicates: whole.duplicates });
    if (whole.state !== 'closing') return (await api.uploadImport(whole.id, wishOf(upload), { signal })).id;
    await new Promise((go) => setTimeout(go, SETTLED_MS));
  }
}

const wishOf = (upload: Upload): api.UploadImport => (upload.into ? { title_id: upload.into } : { title: upload.title, publish: false });

/** The same film once more, although there is one of it. */
export const importAnyway = async (upload: Upload, uploadId: string): Promise<string> => (await api.uploadImport(uploadId, { ...wishOf(upload), duplicate: true })).id;

export function transportFor(account: () => string): Transport {
  return {
    async send(upload, tell, signal) {
      const { Upload: Tus } = await import('tus-js-client');
      const mark = markOf(account(), upload.file);
      const kept = await keptGet(mark);
      const url = upload.url ?? kept?.url ?? null;
      if (signal.aborted) return null;
      let began = performance.now();
      const over = new AbortController();
      signal.addEventListener('abort', () => over.abort());
      const sent = await new Promise<string>((done, fail) => {
        const tus = new Tus(upload.file, {
          endpoint: `${location.origin}/api/v1/uploads`,
          uploadUrl: url,
          chunkSize: PIECE_MIN,
          retryDelays: RETRIES,
          storeFingerprintForResuming: false,
          removeFingerprintOnSuccess: false,
          headers: { accept: 'application/json' },
          metadata: {
            filename: upload.file.name, import: 'true',
            ...(upload.into ? { title_id: upload.into } : { title: upload.title, publish: 'false' }),
          },
          onBeforeRequest: async (ask) => {
            await sumSet(ask, upload.file, tus.options);
            began = performance.now();
          },
          onProgress: (n) => tell.progress(n),
          onChunkComplete: (bytes) => {
            tus.options.chunkSize = pieceNext(bytes, performance.now() - began);
          },
          onShouldRetry: (error) => {
            tus.options.chunkSize = pieceBroken(tus.options.chunkSize ?? PIECE_MIN);
            tell.stuck();
            return worthTrying(error.originalResponse?.getStatus() ?? 0);
          },
          onUploadUrlAvailable: () => {
            if (!tus.url) return;
            tell.at(tus.url);
            hold(uploadIdOf(tus.url), over.signal);
            void keptPut({ mark, account: account(), url: tus.url, name: upload.file.name, size: upload.file.size, title: upload.title, into: upload.into, at: Date.now(), handle: upload.handle ?? kept?.handle });
          },
          onSuccess: () => done(tus.url ?? ''),
          onError: (error) => fail(problemOf(error)),
        });
        signal.addEventListener('abort', () => void tus.abort().finally(() => fail(new DOMException('stopped', 'AbortError'))));
        tus.start();
      }).finally(() => over.abort());
      const importId = await importOf(upload, sent, signal);
      await keptDrop(mark);
      return importId;
    },
    async forget(upload) {
      await keptDrop(markOf(account(), upload.file));
      /* One that is gone already is as good as one that goes now; else it runs out by itself in a few days. */
      if (upload.url) await api.uploadDelete(uploadIdOf(upload.url)).catch(() => undefined);
    },
  };
}
