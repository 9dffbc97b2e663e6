/*
 * useArrows.ts - the arrows of a keyboard or a remote on every screen but the player, and the focus that Back finds
 * again. On a television they always move the focus; elsewhere only once something has it, so that a page still scrolls.
 */
import { useEffect } from 'react';
import { useLocation, useNavigate, useNavigationType } from 'react-router';
import { directionOf, focusables, focusMove } from '../lib/spatial';
import { isTv } from '../lib/tv';

const BACK = ['GoBack', 'BrowserBack', 'XF86Back'];
const APPEAR_WITHIN_MS = 4000;
const SETTLED_MS = 1500;
const typing = (element: Element) => element.matches('input:not([type=checkbox]), textarea, select') || element.closest('dialog') !== null;
const calm = () => matchMedia('(prefers-reduced-motion: reduce)').matches;

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
  const behavior = calm() ? 'instant' : 'smooth';
  if (element.closest('[data-top]')) scrollTo({ top: 0, behavior });
  else element.scrollIntoView({ block: element.closest('[data-slug]') ? 'center' : 'nearest', inline: 'nearest', behavior });
}

function arrows(event: KeyboardEvent): void {
  const to = directionOf(event.key);
  if (!to || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey || event.defaultPrevented) return;
  const now = document.activeElement ?? document.body;
  const inText = now.matches('input:not([type=checkbox], [type=radio]), textarea');
  if (isTv() ? inText && (to === 'left' || to === 'right') : typing(now)) return;
  const lost = now === document.body || now.id === 'content';
  if (lost && !isTv()) return;
  event.preventDefault();
  const dialog = document.querySelector('dialog[open]');
  const main = dialog ?? document.getElementById('content') ?? document.body;
  if (lost) return first(main)?.focus();
  const next = focusMove(dialog ?? document, now, to);
  if (next) show(next);
  else if (to === 'up') scrollTo({ top: 0, behavior: calm() ? 'instant' : 'smooth' });
}

/** With a remote there is no list to open: the arrows go on, and the middle key takes the next choice. */
function nextChoice(select: HTMLSelectElement): void {
  select.selectedIndex = (select.selectedIndex + 1) % select.options.length;
  select.dispatchEvent(new Event('change', { bubbles: true }));
}

const first = (root: ParentNode) => root.querySelector<HTMLElement>('[data-first]') ?? focusables(root)[0];

/** Calls `act` as soon as `find` finds something on the page, or never. */
function whenThere(find: () => HTMLElement | null | undefined, act: (element: HTMLElement) => void): () => void {
  const look = () => {
    const found = find();
    if (found) act(found);
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

/** A television has one focus always: on what a screen begins with, and where it names nothing, on its first thing, once it has drawn. */
function focusFirst(lost: () => boolean): () => void {
  const content = () => document.getElementById('content');
  const take = (element: HTMLElement | undefined) => lost() && element?.focus({ preventScroll: true });
  const off = whenThere(() => content()?.querySelector<HTMLElement>('[data-first]'), take);
  const timer = setTimeout(() => take(focusables(content() ?? document.body)[0]), SETTLED_MS);
  return () => {
    clearTimeout(timer);
    off();
  };
}

export function useArrows(): void {
  const navigate = useNavigate();
  const { key, pathname } = useLocation();
  const type = useNavigationType();

  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const back = BACK.includes(event.key) || (event.key === 'Escape' && isTv());
      const dialog = document.querySelector<HTMLDialogElement>('dialog[open]');
      if (dialog && BACK.includes(event.key)) {
        event.preventDefault();
        dialog.close();
      } else if (back && pathname !== '/' && !typing(document.activeElement ?? document.body)) {
        event.preventDefault();
        void navigate(-1);
      } else if (isTv() && event.key === 'Enter' && event.target instanceof HTMLSelectElement) {
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
    const lost = () => document.activeElement === document.body || !document.activeElement;
    const off = selector
      ? whenThere(() => document.querySelector<HTMLElement>(selector), (element) => lost() && element.focus({ preventScroll: !isTv() }))
      : isTv()
        ? focusFirst(lost)
        : () => {};
    return () => {
      document.removeEventListener('focusin', came);
      off();
    };
  }, [key, type]);
}
