/*
 * useArrows.ts - the arrows of a keyboard or a remote on every screen but the player, and the focus that Back finds
 * again. On a television they always move the focus; elsewhere only once something has it, so that a page still scrolls.
 */
import { useEffect } from 'react';
import { useLocation, useNavigate, useNavigationType } from 'react-router';
import { directionOf, focusables, focusMove, type Direction } from '../lib/spatial';
import { isTv } from '../lib/tv';
import { focusKeep, playerHasKeys, screenFirst } from './tvFocus';

const BACK = ['GoBack', 'BrowserBack', 'XF86Back'];
const APPEAR_WITHIN_MS = 4000;
const PAGE = 0.7; /* of the screen, where there is only text to go on to */
const typing = (element: Element) => element.matches('input:not([type=checkbox]), textarea, select') || element.closest('dialog') !== null;
const behavior = () => (matchMedia('(prefers-reduced-motion: reduce)').matches ? 'instant' : 'smooth');

/* The card that had the focus, by place in the history. */
const left = new Map<string, string>();

function selectorOf(element: Element): string | null {
  const card = element.closest<HTMLElement>('[data-slug]');
  const row = element.closest<HTMLElement>('section[data-row]');
  if (!card?.dataset.slug) return null;
  const inRow = row?.dataset.row ? `[data-row="${CSS.escape(row.dataset.row)}"] ` : '';
  return `${inRow}[data-slug="${CSS.escape(card.dataset.slug)}"] a`;
}

function show(element: HTMLElement): void {
  if (element.closest('[data-top]')) scrollTo({ top: 0, behavior: behavior() });
  else element.scrollIntoView({ block: element.closest('[data-slug]') ? 'center' : 'nearest', inline: 'nearest', behavior: behavior() });
}

/** Text without anything to press is read by paging: while what has the focus is out of sight, or the next thing is. */
function pages(area: ParentNode, from: Element, to: 'up' | 'down'): boolean {
  const box = from.getBoundingClientRect();
  const down = to === 'down';
  const behind = down ? box.top > innerHeight : box.bottom < 0; /* the focus lies that way itself */
  const next = behind ? null : focusMove(area, from, to, true);
  const edge = next?.getBoundingClientRect();
  if (edge && (down ? edge.top < innerHeight * (1 + PAGE) : edge.bottom > -innerHeight * PAGE)) return false;
  const before = scrollY;
  scrollBy({ top: (down ? PAGE : -PAGE) * innerHeight, behavior: 'instant' });
  return scrollY !== before;
}

/** What lies that way: first of the page's own, then of the bar above and the tabs below, which stand still. */
function moveFrom(now: Element, to: Direction): HTMLElement | null {
  const dialog = document.querySelector('dialog[open]');
  if (dialog) return focusMove(dialog, now, to);
  const area = now.closest('#content') ?? document;
  const across = to === 'up' || to === 'down';
  if (isTv() && across && area !== document && pages(area, now, to)) return null;
  const inside = focusMove(area, now, to);
  if (inside || !across) return inside;
  const beyond = focusMove(document, now, to);
  /* Paged out of sight, what has the focus lies above the bar, too. */
  return to === 'down' && area !== document && beyond?.closest('header') ? null : beyond;
}

/** In a text the arrows move the caret; at its end they move on. */
function inText(element: Element, to: Direction): boolean {
  if (to === 'up' || to === 'down' || !element.matches('input:not([type=checkbox], [type=radio]), textarea')) return false;
  const { value, selectionStart } = element as HTMLInputElement;
  if (value === '') return false;
  const ahead = (getComputedStyle(element).direction === 'rtl') === (to === 'left');
  return selectionStart === null || selectionStart !== (ahead ? value.length : 0);
}

function arrows(event: KeyboardEvent): void {
  const to = directionOf(event.key);
  if (!to || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey || event.defaultPrevented) return;
  const now = document.activeElement ?? document.body;
  if (isTv() ? inText(now, to) : typing(now)) return;
  const lost = now === document.body || now.id === 'content';
  if (lost && !isTv()) return;
  event.preventDefault();
  const dialog = document.querySelector('dialog[open]');
  const main = dialog ?? document.getElementById('content') ?? document.body;
  if (lost) return (screenFirst(main) ?? focusables(main)[0])?.focus();
  const next = moveFrom(now, to);
  if (next) show(next);
  else if (to === 'up' && !isTv()) scrollTo({ top: 0, behavior: behavior() });
}

/** With a remote there is no list to open: the arrows go on, and the middle key takes the next choice. */
function nextChoice(select: HTMLSelectElement): void {
  select.selectedIndex = (select.selectedIndex + 1) % select.options.length;
  select.dispatchEvent(new Event('change', { bubbles: true }));
}

/** Gives `selector` the focus as soon as it is on the page, or never. */
function focusWhenThere(selector: string): () => void {
  const look = () => {
    const found = document.querySelector<HTMLElement>(selector);
    if (found && (document.activeElement ?? document.body) === document.body) found.focus({ preventScroll: true });
    return found;
  };
  if (look()) return () => {};
  const observer = new MutationObserver(() => look() && observer.disconnect());
  observer.observe(document.body, { childList: true, subtree: true });
  const timer = setTimeout(() => observer.disconnect(), APPEAR_WITHIN_MS);
  return () => {
    clearTimeout(timer);
    observer.disconnect();
  };
}

/** True: a dialog was closed, a page left. Home has nothing behind it. */
function goBack(event: KeyboardEvent, pathname: string, leave: () => void): boolean {
  const hard = BACK.includes(event.key);
  if (!hard && !(event.key === 'Escape' && isTv())) return false;
  const dialog = document.querySelector<HTMLDialogElement>('dialog[open]');
  if (dialog && hard) dialog.close();
  else if (dialog || pathname === '/' || (hard && isTv() ? false : typing(document.activeElement ?? document.body))) return false;
  else {
    /* The player's problem has a way out of its own, which knows where Play was pressed. */
    const way = document.querySelector<HTMLElement>('[data-testid=leave]');
    if (way) way.click();
    else leave();
  }
  event.preventDefault();
  return true;
}

export function useArrows(): void {
  const navigate = useNavigate();
  const { key, pathname } = useLocation();
  const type = useNavigationType();

  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (playerHasKeys()) return;
      if (goBack(event, pathname, () => void navigate(-1))) return;
      if (isTv() && event.key === 'Enter' && event.target instanceof HTMLSelectElement) {
        event.preventDefault();
        nextChoice(event.target);
      } else arrows(event);
    };
    addEventListener('keydown', press);
    return () => removeEventListener('keydown', press);
  }, [navigate, pathname]);

  useEffect(() => {
    const came = (event: FocusEvent) => {
      const selector = event.target instanceof Element ? selectorOf(event.target) : null;
      if (selector) left.set(key, selector);
    };
    document.addEventListener('focusin', came);
    const selector = type === 'POP' ? left.get(key) : undefined;
    const off = isTv() ? focusKeep(selector) : selector ? focusWhenThere(selector) : () => {};
    return () => {
      document.removeEventListener('focusin', came);
      off();
    };
  }, [key, type]);
}
