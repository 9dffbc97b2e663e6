/*
 * intake.ts - what was dropped and wants a word before it goes on: films that look like episodes (which of what?), a sheet that describes
 * titles. It waits here, because files may be dropped on any screen, and the questions are asked on one.
 */
import type { Dropped } from './dropped';

export interface Intake {
  /** For the matching table. */
  films: readonly Dropped[];
  /** For the bulk import. */
  sheet: File | null;
}

let now: Intake = { films: [], sheet: null };
const listeners = new Set<() => void>();

export const intakeSubscribe = (listener: () => void): (() => void) => (listeners.add(listener), () => listeners.delete(listener));
export const intakeNow = (): Intake => now;
export function intakeSet(change: Partial<Intake>): void {
  now = { ...now, ...change };
  listeners.forEach((listener) => listener());
}
