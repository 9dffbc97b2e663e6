import { expect, test } from 'vitest';
import { tileAt } from '../src/player/storyboard';

const board = { url_template: '/m/t/i1/{n}.jpg', cols: 5, rows: 4, tile_width: 160, tile_height: 90, every_s: 5, count: 23 };

test('the first picture is at the corner of sheet 0', () => {
  expect(tileAt(board, 0)).toEqual({ url: '/m/t/i1/0.jpg', x: 0, y: 0, width: 160, height: 90 });
  expect(tileAt(board, 4.99)).toMatchObject({ x: 0, y: 0 });
});

test('pictures run along the row, then down, then to the next sheet', () => {
  expect(tileAt(board, 5)).toMatchObject({ x: 160, y: 0 });
  expect(tileAt(board, 25)).toMatchObject({ x: 0, y: 90 });
  expect(tileAt(board, 99)).toMatchObject({ url: '/m/t/i1/0.jpg', x: 640, y: 270 });
  expect(tileAt(board, 100)).toMatchObject({ url: '/m/t/i1/1.jpg', x: 0, y: 0 });
});

test('past the last picture it stays on it; before the first, on that', () => {
  expect(tileAt(board, 1e6)).toMatchObject({ url: '/m/t/i1/1.jpg', x: 320, y: 0 });
  expect(tileAt(board, -3)).toMatchObject({ x: 0, y: 0 });
});

test('an empty or senseless storyboard shows nothing', () => {
  expect(tileAt({ ...board, count: 0 }, 1)).toBeNull();
  expect(tileAt({ ...board, every_s: 0 }, 1)).toBeNull();
  expect(tileAt({ ...board, cols: 0 }, 1)).toBeNull();
});
