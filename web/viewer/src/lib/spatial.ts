/*
 * spatial.ts - where the focus goes when an arrow is pressed, as on a television. Up and down go to the nearest line
 * of things and there to the one closest across; left and right stay on their line.
 */
export type Box = { left: number; top: number; right: number; bottom: number };
export type Direction = 'left' | 'right' | 'up' | 'down';

const LINE = 0.5; /* things whose distance differs by less than half of the nearest one's height are on one line */
const SLACK_PX = 2; /* neighbours may touch, and a focused one is drawn a little larger */

const overlap = (a0: number, a1: number, b0: number, b1: number) => Math.min(a1, b1) - Math.max(a0, b0);
const middle = (a: number, b: number) => (a + b) / 2;

/** The index in `boxes` of what lies that way from `from`, or -1. */
export function spatialNext(from: Box, boxes: readonly Box[], to: Direction): number {
  return to === 'left' || to === 'right' ? alongLine(from, boxes, to) : acrossLines(from, boxes, to);
}

function alongLine(from: Box, boxes: readonly Box[], to: 'left' | 'right'): number {
  let best = -1;
  let least = Infinity;
  boxes.forEach((box, i) => {
    const shared = overlap(from.top, from.bottom, box.top, box.bottom);
    if (shared < 0.3 * Math.min(from.bottom - from.top, box.bottom - box.top)) return;
    const step = middle(box.left, box.right) - middle(from.left, from.right);
    const way = to === 'left' ? -step : step;
    if (way > SLACK_PX && way < least) [best, least] = [i, way];
  });
  return best;
}

function acrossLines(from: Box, boxes: readonly Box[], to: 'up' | 'down'): number {
  const gap = (box: Box) => (to === 'up' ? from.top - box.bottom : box.top - from.bottom);
  const slack = SLACK_PX + 0.25 * (from.bottom - from.top);
  const ahead = boxes.map((box, i) => ({ i, box, gap: gap(box) })).filter(({ gap: g, box }) => g > -Math.min(slack, 0.5 * (box.bottom - box.top)));
  const nearest = ahead.reduce((a, b) => (b.gap < a.gap ? b : a), ahead[0] ?? { i: -1, box: from, gap: 0 });
  if (nearest.i < 0) return -1;
  const reach = nearest.gap + LINE * (nearest.box.bottom - nearest.box.top);
  /* Over or under it where something is; else the closest edge. */
  const aside = (box: Box) => Math.max(0, -overlap(from.left, from.right, box.left, box.right));
  const centre = (box: Box) => Math.abs(middle(box.left, box.right) - middle(from.left, from.right));
  const line = ahead.filter((a) => a.gap <= reach);
  return line.reduce((a, b) => (aside(b.box) - aside(a.box) || centre(b.box) - centre(a.box)) < 0 ? b : a).i;
}

export const directionOf = (key: string): Direction | null => {
  const found: Record<string, Direction> = { ArrowLeft: 'left', ArrowRight: 'right', ArrowUp: 'up', ArrowDown: 'down' };
  return found[key] ?? null;
};

/** The index in `boxes` of what is closest to `from` whichever way, or -1. */
export function spatialNearest(from: Box, boxes: readonly Box[]): number {
  const away = (box: Box) => Math.hypot(Math.max(0, -overlap(from.left, from.right, box.left, box.right)), Math.max(0, -overlap(from.top, from.bottom, box.top, box.bottom)));
  const centre = (box: Box) => Math.hypot(middle(box.left, box.right) - middle(from.left, from.right), middle(box.top, box.bottom) - middle(from.top, from.bottom));
  let best = -1;
  boxes.forEach((box, i) => {
    const now = boxes[best];
    if (!now || (away(box) - away(now) || centre(box) - centre(now)) < 0) best = i;
  });
  return best;
}

/* data-read: text that a remote stops at, so that it can be read (lib/tv.ts). */
const FOCUSABLE = 'a[href], button:not(:disabled), input:not(:disabled), select:not(:disabled), textarea, [role=slider], [data-read]';

/** What can have the focus within `root`: seen, not inert, in the order of Tab. */
export function focusables(root: ParentNode): HTMLElement[] {
  return [...root.querySelectorAll<HTMLElement>(FOCUSABLE)].filter(
    (element) => element.tabIndex >= 0 && !element.closest('[inert], [hidden], [data-skip]') && element.offsetWidth > 1 && getComputedStyle(element).visibility !== 'hidden',
  );
}

/** Moves the focus within `root`, or, with `only_look`, says where it would go; null: there is nothing that way. */
export function focusMove(root: ParentNode, from: Element, to: Direction, only_look = false): HTMLElement | null {
  const others = focusables(root).filter((element) => element !== from && !element.contains(from));
  const next = others[spatialNext(from.getBoundingClientRect(), others.map((element) => element.getBoundingClientRect()), to)];
  if (!only_look) next?.focus({ preventScroll: true });
  return next ?? null;
}
