/* store.ts - the player's state outside React, read by selector, so that a tick of the clock redraws the clock alone. */
import { useSyncExternalStore } from 'react';

export type Store<T> = { get: () => T; set: (patch: Partial<T>) => void; subscribe: (listener: () => void) => () => void };

export function storeNew<T extends object>(initial: T): Store<T> {
  let value = initial;
  const listeners = new Set<() => void>();
  return {
    get: () => value,
    set(patch) {
      const keys = Object.keys(patch) as (keyof T)[];
      if (keys.every((key) => Object.is(value[key], patch[key]))) return;
      value = { ...value, ...patch };
      for (const listener of [...listeners]) listener();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}

/** select must return something that stays the same while it means the same. */
export function useStore<T, S>(store: Store<T>, select: (value: T) => S): S {
  return useSyncExternalStore(store.subscribe, () => select(store.get()));
}
