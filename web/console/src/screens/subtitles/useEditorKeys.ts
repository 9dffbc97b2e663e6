/* useEditorKeys.ts - the editor by keyboard: letters where nobody types, with Alt also there. */
import { useEffect, useRef } from 'react';
import { isTyping } from '../../app/useGoKeys';

export interface EditorActs {
  toggle: () => void;
  seekBy: (ms: number) => void;
  startHere: () => void;
  endHere: () => void;
  step: (by: number) => void;
  words: () => void;
  split: () => void;
  merge: () => void;
  insert: () => void;
  remove: () => void;
  problem: () => void;
  undo: () => void;
  redo: () => void;
  save: () => void;
}

/** A table of what a key does; the second half with Ctrl. */
const plain = (acts: EditorActs, shift: boolean): Record<string, () => void> => ({
  Space: acts.toggle, BracketLeft: acts.startHere, BracketRight: acts.endHere, ArrowDown: () => acts.step(1), ArrowUp: () => acts.step(-1),
  ArrowLeft: () => acts.seekBy(shift ? -40 : -1000), ArrowRight: () => acts.seekBy(shift ? 40 : 1000),
  KeyS: acts.split, KeyM: acts.merge, KeyI: acts.insert, Delete: acts.remove, KeyN: acts.problem, Enter: acts.words,
});

export function useEditorKeys(acts: EditorActs): void {
  const latest = useRef(acts);
  latest.current = acts;
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const now = latest.current;
      const typing = isTyping(event.target);
      const inDialog = event.target instanceof Element && event.target.closest('[role=dialog], [role=menu]') !== null;
      let act: (() => void) | undefined;
      if (inDialog) return;
      if ((event.ctrlKey || event.metaKey) && !event.altKey) {
        const key = event.key.toLowerCase();
        if (key === 's') act = now.save;
        else if (key === 'z' && !typing) act = event.shiftKey ? now.redo : now.undo;
        else if (key === 'y' && !typing) act = now.redo;
        else if (key === 'enter') act = () => now.step(1);
      } else if (event.altKey ? true : !typing) {
        /* A button or a link that has the focus keeps Space and Enter for itself. */
        const pressed = event.target instanceof Element && event.target.closest('button, a, [role=tab]') !== null && (event.code === 'Space' || event.code === 'Enter');
        act = pressed ? undefined : plain(now, event.shiftKey)[event.code];
      }
      if (event.key === 'Escape' && typing && event.target instanceof HTMLElement) act = () => (event.target as HTMLElement).blur();
      if (!act) return;
      event.preventDefault();
      act();
    };
    addEventListener('keydown', press);
    return () => removeEventListener('keydown', press);
  }, []);
}
