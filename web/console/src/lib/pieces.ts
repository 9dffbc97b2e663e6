/*
 * pieces.ts - how large the next piece of an upload is. A piece that carries a checksum arrives whole or not at all, so it is as much
 * as the line carries in a few seconds: what a break costs stays small on a slow line, and a fast one is asked seldom.
 */
export const PIECE_MIN = 1 << 20;
export const PIECE_MAX = 64 << 20;
const PIECE_MS = 6000;

/** After a piece of so many bytes that took so long; it grows fourfold at most. */
export function pieceNext(bytes: number, tookMs: number): number {
  const fits = (bytes * PIECE_MS) / Math.max(tookMs, 1);
  return Math.round(Math.min(PIECE_MAX, Math.max(PIECE_MIN, Math.min(fits, bytes * 4))));
}

export const pieceBroken = (bytes: number): number => Math.max(PIECE_MIN, Math.round(bytes / 2));
