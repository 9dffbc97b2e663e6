/*
 * store.ts - what this browser remembers. Storage may be full, forbidden or absent (private windows): then
 * nothing is remembered and nothing breaks.
 */
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

/** The id that the server gave this browser at its first Play. */
export const deviceId = (): string | undefined => remembered('device') ?? undefined;
export const deviceRemember = (id: string): void => remember('device', id);

/** Set by the browser tests: opens window.__matinee_player and ?bufferGoal=. */
export const isTest = (): boolean => remembered('test') === '1';
