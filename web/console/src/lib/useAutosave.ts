/* useAutosave.ts - one Autosave for as long as a document is on the screen; leaving with something unsent saves it first, or asks. */
import { useEffect, useRef, useSyncExternalStore } from 'react';
import { useBlocker } from 'react-router';
import { Autosave, type Fields } from './autosave';

export function useAutosave<T extends Fields>(id: string, saved: T | undefined, save: (patch: Partial<T>, whole: T) => Promise<T>): Autosave<T> | null {
  const held = useRef<{ id: string; doc: Autosave<T> } | null>(null);
  const latest = useRef(save);
  latest.current = save;
  if (saved && held.current?.id !== id) held.current = { id, doc: new Autosave(saved, (patch, whole) => latest.current(patch, whole)) };
  const doc = held.current?.id === id ? held.current.doc : null;
  useSyncExternalStore(doc?.subscribe ?? nothing, doc?.snapshot ?? zero);
  useEffect(() => {
    if (doc && saved) doc.refresh(saved);
  }, [doc, saved]);
  return doc;
}
const nothing = () => () => undefined;
const zero = () => 0;

/** Within the console: what waits is sent first, and only where that fails is the person asked. Closing the page: the browser asks. */
export function useUnsavedGuard(doc: Autosave<Fields> | null, onAsk: (go: () => void, stay: () => void) => void): void {
  const ask = useRef(onAsk);
  ask.current = onAsk;
  const blocker = useBlocker(() => doc?.dirty ?? false);
  useEffect(() => {
    if (blocker.state !== 'blocked') return;
    void doc?.flush().then(() => (doc.dirty ? ask.current(() => blocker.proceed(), () => blocker.reset()) : blocker.proceed()));
  }, [blocker.state]);
  useEffect(() => {
    const leaving = (event: BeforeUnloadEvent) => {
      if (!doc?.dirty) return;
      void doc.flush();
      event.preventDefault();
    };
    addEventListener('beforeunload', leaving);
    return () => removeEventListener('beforeunload', leaving);
  }, [doc]);
}

/** Ctrl-Z and Ctrl-Shift-Z outside of a text field, where the browser has its own. */
export function useUndoKeys(doc: Autosave<Fields> | null): void {
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (!doc || !(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== 'z') return;
      if (event.target instanceof Element && event.target.closest('input:not([type=checkbox]), textarea, [contenteditable=true]')) return;
      event.preventDefault();
      if (event.shiftKey) doc.redo();
      else doc.undo();
    };
    addEventListener('keydown', press);
    return () => removeEventListener('keydown', press);
  }, [doc]);
}
