/* useKeyboard.ts - keys.ts put to work while the player is on the screen. */
import { useEffect, useRef, type RefObject } from 'react';
import type { PlayerEngine } from './engine';
import type { Show } from './Flash';
import { fullscreenToggle } from './fullscreen';
import { directionOf, focusMove } from '../lib/spatial';
import { isTv } from '../lib/tv';
import { commandOf, speedNext } from './keys';

type Options = {
  engine: PlayerEngine;
  root: RefObject<HTMLElement | null>;
  video: RefObject<HTMLVideoElement | null>;
  wake: () => void;
  show: Show;
  help: boolean;
  setHelp: (on: boolean) => void;
  menu: string | null;
  setMenu: (menu: null) => void;
  onLeave: () => void;
  idle: boolean;
  off: boolean;
};

export function useKeyboard(options: Options): void {
  const latest = useRef(options);
  useEffect(() => {
    latest.current = options;
  });
  useEffect(() => {
    const press = (event: KeyboardEvent) => handle(event, latest.current);
    addEventListener('keydown', press);
    return () => removeEventListener('keydown', press);
  }, []);
}

function handle(event: KeyboardEvent, o: Options): void {
  const command = commandOf(event);
  const target = event.target instanceof HTMLElement ? event.target : null;
  if (!o.off && isTv() && remote(event, o)) return;
  if (o.off || !command) return o.wake();
  const { engine } = o;
  if (command.do === 'leave') {
    if (o.help) o.setHelp(false);
    else if (o.menu) o.setMenu(null);
    else if (!document.fullscreenElement) o.onLeave();
    return;
  }
  if (o.help && command.do !== 'help') return;
  /* A focused button answers Space itself; a menu walks with the arrows; a range moves by them. */
  if (event.key === ' ' && target?.closest('button, a, [role^=menuitem]')) return o.wake();
  if (event.key.startsWith('Arrow') && target?.closest('[role=menu], input')) return o.wake();
  event.preventDefault();
  if (command.do !== 'seek' && command.do !== 'play' && command.do !== 'jump') o.wake();
  switch (command.do) {
    case 'play': {
      o.show(engine.state.get().paused ? { icon: 'play' } : { icon: 'pause' });
      return engine.toggle();
    }
    case 'seek':
      o.wake();
      o.show({ icon: command.by_s < 0 ? 'back' : 'forward', seconds: Math.abs(command.by_s) });
      return engine.seekBy(command.by_s);
    case 'jump':
      o.wake();
      return engine.step(command.to * engine.state.get().duration_s);
    case 'volume':
      engine.volume((engine.state.get().muted ? 0 : engine.state.get().volume) + command.by);
      return o.show({ icon: 'volume' });
    case 'mute':
      engine.mute();
      return o.show({ icon: 'volume' });
    case 'speed': {
      const rate = speedNext(engine.state.get().rate, command.by);
      engine.rate(rate);
      return o.show({ icon: 'speed', rate });
    }
    case 'text':
      return engine.textToggle();
    case 'fullscreen':
      return fullscreenToggle(o.root.current, o.video.current);
    case 'help':
      return o.setHelp(!o.help);
  }
}

/**
 * A remote has arrows and one button. While nothing has the focus, left and right seek and the button plays or pauses;
 * up or down goes to the controls, where the arrows walk. True: dealt with.
 */
function remote(event: KeyboardEvent, o: Options): boolean {
  const to = directionOf(event.key);
  const root = o.root.current;
  if ((!to && event.key !== 'Enter') || o.help || o.menu || !root) return false;
  const now = document.activeElement;
  const walking = !o.idle && now instanceof HTMLElement && now !== root && root.contains(now);
  const along = to === 'left' || to === 'right';
  const over = now?.closest('[data-over]'); /* what the picture offers has the focus */
  if (over && (!to || along)) {
    if (to) event.preventDefault(), focusMove(over, now as Element, to);
    return o.wake(), true;
  }
  if (!to) {
    if (walking) return o.wake(), true; /* the button is pressed by the browser */
    event.preventDefault();
    o.show(o.engine.state.get().paused ? { icon: 'play' } : { icon: 'pause' });
    o.engine.toggle();
  } else if (along && (!walking || now.matches('[role=slider]'))) {
    event.preventDefault();
    const by_s = to === 'left' ? -10 : 10;
    o.show({ icon: to === 'left' ? 'back' : 'forward', seconds: 10 });
    o.engine.seekBy(by_s);
  } else if (!walking || over) {
    event.preventDefault();
    (to === 'up' && !over ? root.querySelector<HTMLElement>('[data-over] button') ?? root.querySelector<HTMLElement>('[data-testid=play]') : root.querySelector<HTMLElement>('[data-testid=play]'))?.focus();
  } else {
    event.preventDefault();
    focusMove(root, now, to);
  }
  o.wake();
  return true;
}
