/*
 * store.ts - what this browser remembers. Storage may be full, forbidden or absent (private windows): then
 * nothing is remembered and nothing breaks.
 */
import { ulid } from './id';

export function remembered(name: string): string | null {
  try {
    return localStorage.getItem(`matinee.${name}`);
  } catch {
    return null;
  }
}

export function remember(name: string, value: string): void {
  try {
    localStorage.setItem(`matinee.${name}`, value);
  } catch {
    /* see above */
  }
}

let device: string | undefined;
/** The same id for as long as this browser keeps its storage. */
export function deviceId(): string {
  device ??= remembered('device') ?? ulid();
  remember('device', device);
  return device;
}

/** Set by the browser tests: opens window.__matinee_player and ?bufferGoal=. */
export const isTest = (): boolean => remembered('test') === '1';
