/* dropTaker.ts - a screen that has a use for subtitle files says so: files are dropped on the window, whatever stands there. */
type Taker = (files: readonly File[]) => void;
let taker: Taker | null = null;

export const isSubtitle = (file: File): boolean => /\.(srt|vtt|ass|ssa|ttml|dfxp|xml|itt)$/i.test(file.name);
export function subtitlesTaken(files: readonly File[]): boolean {
  if (!taker || !files.length) return false;
  taker(files);
  return true;
}
/** Gives the function that takes it back. */
export function subtitleTaker(fn: Taker): () => void {
  taker = fn;
  return () => { if (taker === fn) taker = null; };
}
