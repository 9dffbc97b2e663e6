/* storyboard.ts - which part of which sheet shows the picture at a time. Sheets are numbered from 0; `count` is pictures. */
import type { Storyboard } from '@shared/api/client';

export type Tile = { url: string; x: number; y: number; width: number; height: number };

export function tileAt(board: Storyboard, at_s: number): Tile | null {
  const { cols, rows, tile_width: width, tile_height: height, every_s, count } = board;
  const perSheet = cols * rows;
  if (perSheet < 1 || every_s <= 0 || count < 1) return null;
  const n = Math.min(count - 1, Math.max(0, Math.floor(at_s / every_s)));
  const inSheet = n % perSheet;
  return {
    url: board.url_template.replace('{n}', String(Math.floor(n / perSheet))),
    x: (inSheet % cols) * width,
    y: Math.floor(inSheet / cols) * height,
    width,
    height,
  };
}
