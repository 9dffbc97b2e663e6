/*
 * Surface.tsx - the picture as a thing to press. Mouse: click plays or pauses, double click fills the screen.
 * Touch: a tap shows or hides the controls, a double tap on a side skips 10 s.
 */
import { useRef, type PointerEvent, type RefObject } from 'react';
import type { PlayerEngine } from './engine';
import type { Show } from './Flash';
import { fullscreenToggle } from './fullscreen';
import css from './player.module.css';

const DOUBLE_MS = 280;

type Props = {
  engine: PlayerEngine;
  root: RefObject<HTMLElement | null>;
  idle: boolean;
  wake: () => void;
  sleep: () => void;
  show: Show;
  menuOpen: boolean;
  closeMenu: () => void;
};

export function Surface({ engine, root, idle, wake, sleep, show, menuOpen, closeMenu }: Props) {
  const last = useRef({ at: -Infinity, side: 0 });
  const tap = (event: PointerEvent<HTMLDivElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    const part = (event.clientX - box.left) / box.width;
    const side = part < 0.35 ? -1 : part > 0.65 ? 1 : 0;
    const twice = event.timeStamp - last.current.at < DOUBLE_MS && last.current.side === side;
    last.current = { at: event.timeStamp, side };
    if (twice && side) {
      engine.seekBy(side * 10);
      show({ icon: side < 0 ? 'back' : 'forward', seconds: 10 });
    } else if (idle) wake();
    else sleep();
  };
  const click = (event: PointerEvent<HTMLDivElement>) => {
    const twice = event.timeStamp - last.current.at < DOUBLE_MS;
    last.current = { at: twice ? -Infinity : event.timeStamp, side: 0 };
    show(engine.state.get().paused ? { icon: 'play' } : { icon: 'pause' });
    engine.toggle(); /* at once; the second click of a double click takes it back */
    if (twice) fullscreenToggle(root.current, null);
    wake();
  };
  return (
    <div
      className={css.surface}
      data-testid="surface"
      onPointerUp={(event) => {
        if (event.button !== 0) return;
        if (menuOpen) closeMenu();
        else if (event.pointerType === 'mouse') click(event);
        else tap(event);
      }}
    />
  );
}
