/* useDraft.ts - one Draft for as long as its document is on the screen; leaving with something unsaved asks first. */
import { useEffect, useRef, useState, useSyncExternalStore } from 'react';
import { useBlocker } from 'react-router';
import { Draft } from './draft';

const nothing = () => () => undefined;
const zero = () => 0;

export function useDraft<T>(saved: T | undefined, revision = 0): Draft<T> | null {
  const held = useRef<Draft<T> | null>(null);
  if (saved !== undefined) held.current ??= new Draft(saved, revision);
  const draft = held.current;
  useSyncExternalStore(draft?.subscribe ?? nothing, draft?.snapshot ?? zero);
  useEffect(() => {
    if (draft && saved !== undefined) draft.refresh(saved, revision);
  }, [draft, saved, revision]);
  return draft;
}

export interface Leaving {
  go: () => void;
  stay: () => void;
}

/** What to ask before a screen with something unsaved is left; null: nothing. Closing the page: the browser asks. */
export function useLeaving(dirty: boolean): Leaving | null {
  const blocker = useBlocker(({ currentLocation, nextLocation }) => dirty && currentLocation.pathname !== nextLocation.pathname);
  const [leaving, setLeaving] = useState<Leaving | null>(null);
  useEffect(() => {
    setLeaving(blocker.state === 'blocked' ? { go: () => blocker.proceed(), stay: () => blocker.reset() } : null);
  }, [blocker.state]);
  useEffect(() => {
    if (!dirty) return;
    const close = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener('beforeunload', close);
    return () => removeEventListener('beforeunload', close);
  }, [dirty]);
  return leaving;
}

/** Ctrl-Z and Ctrl-Shift-Z outside of a text field, where the browser has its own; Ctrl-S everywhere. */
export function useDraftKeys(draft: Draft<unknown> | null, save: () => void): void {
  const act = useRef(save);
  act.current = save;
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (!draft || !(event.ctrlKey || event.metaKey) || event.altKey) return;
      const key = event.key.toLowerCase();
      if (key === 's') act.current();
      else if (key === 'z' && !(event.target instanceof Element && event.target.closest('input:not([type=checkbox]), textarea'))) {
        if (event.shiftKey) draft.redo();
        else draft.undo();
      } else return;
      event.preventDefault();
    };
    addEventListener('keydown', press);
    return () => removeEventListener('keydown', press);
  }, [draft]);
}
