/*
 * Sortable.tsx - a list in an order that people give it: dragged at its handle by pointer or finger, or moved by the arrow keys
 * while the handle has the focus. Where a thing stands now is said aloud.
 */
import { GripVertical } from 'lucide-react';
import { useEffect, useRef, useState, type KeyboardEvent, type PointerEvent, type ReactNode } from 'react';
import { t } from '../messages';
import css from './sortable.module.css';

interface Props<T> {
  label: string;
  items: readonly T[];
  id: (item: T) => string;
  /** How it is called, for who cannot see it. */
  name: (item: T) => string;
  onMove: (from: number, to: number) => void;
  children: (item: T, index: number) => ReactNode;
  disabled?: boolean;
}

interface Drag {
  from: number;
  to: number;
  /** How far the pointer has gone. */
  dy: number;
  y: number;
  height: number;
  middles: number[];
}

export const moved = <T,>(list: readonly T[], from: number, to: number): T[] => {
  const next = [...list];
  const [one] = next.splice(from, 1);
  if (one !== undefined) next.splice(to, 0, one);
  return next;
};

/** Among the others' middles, where the top one's (going up) or bottom one's place is. */
export function placeOf(middles: readonly number[], from: number, at: number): number {
  let to = from;
  while (to > 0 && at < middles[to - 1]!) to--;
  while (to < middles.length - 1 && at > middles[to + 1]!) to++;
  return to;
}

const EDGE = 72;

export function Sortable<T>({ label, items, id, name, onMove, children, disabled }: Props<T>) {
  const list = useRef<HTMLOListElement>(null);
  const [drag, setDrag] = useState<Drag | null>(null);
  const [said, setSaid] = useState('');
  const back = useRef<string | null>(null);
  const move = (from: number, to: number) => {
    if (to < 0 || to >= items.length || to === from) return;
    back.current = id(items[from]!);
    onMove(from, to);
    setSaid(t('sort.now', { name: name(items[from]!), place: to + 1, count: items.length }));
  };
  /* Moving its element takes the focus from it. */
  useEffect(() => {
    if (!back.current) return;
    list.current?.querySelector<HTMLElement>(`[data-handle="${CSS.escape(back.current)}"]`)?.focus();
    back.current = null;
  }, [items]);

  const begin = (event: PointerEvent<HTMLButtonElement>, from: number) => {
    if (event.button !== 0 || disabled || !list.current) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    const boxes = [...list.current.children].map((one) => one.getBoundingClientRect());
    const y = event.clientY + window.scrollY;
    setDrag({ from, to: from, dy: 0, y, height: boxes[from]!.height, middles: boxes.map((box) => box.top + window.scrollY + box.height / 2) });
  };
  const go = (event: PointerEvent) => {
    if (!drag) return;
    if (event.clientY < EDGE) window.scrollBy(0, -12);
    if (event.clientY > window.innerHeight - EDGE) window.scrollBy(0, 12);
    const dy = event.clientY + window.scrollY - drag.y;
    setDrag({ ...drag, dy, to: placeOf(drag.middles, drag.from, drag.middles[drag.from]! + dy) });
  };
  const end = (keep: boolean) => {
    if (drag && keep) move(drag.from, drag.to);
    setDrag(null);
  };
  const keys = (event: KeyboardEvent, from: number) => {
    const to = { ArrowUp: from - 1, ArrowDown: from + 1, Home: 0, End: items.length - 1, Escape: from }[event.key];
    if (to === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === 'Escape') {
      if (!drag) return;
      setDrag(null);
    }
    event.preventDefault();
    event.stopPropagation();
    move(from, Math.max(0, Math.min(items.length - 1, to)));
  };
  const shift = (i: number): string | undefined => {
    if (!drag) return undefined;
    if (i === drag.from) return `translateY(${drag.dy}px)`;
    if (i > drag.from && i <= drag.to) return `translateY(${-drag.height}px)`;
    if (i < drag.from && i >= drag.to) return `translateY(${drag.height}px)`;
    return undefined;
  };
  return (
    <>
      <ol ref={list} className={css.list} aria-label={label} data-dragging={drag ? true : undefined}>
        {items.map((item, i) => (
          <li key={id(item)} className={css.item} data-held={drag?.from === i || undefined} style={{ transform: shift(i) }}>
            <button
              type="button" className={css.handle} data-handle={id(item)} aria-label={t('sort.handle', { name: name(item), place: i + 1, count: items.length })} disabled={disabled}
              onPointerDown={(event) => begin(event, i)} onPointerMove={go} onPointerUp={() => end(true)} onPointerCancel={() => end(false)} onKeyDown={(event) => keys(event, i)}
            >
              <GripVertical size={16} aria-hidden />
            </button>
            <div className={css.body}>{children(item, i)}</div>
          </li>
        ))}
      </ol>
      <span className="visually-hidden" role="status" aria-live="polite">{said}</span>
    </>
  );
}
