/*
 * fresh.ts - what costs money wants the second factor lately (session.second_factor_stale): the person is asked for a code, and what
 * they did is done again. FreshProof draws the question.
 */
import { ApiError } from '@shared/api/client';

type Answer = (proven: boolean) => void;
let waiting: Answer[] = [];
const listeners = new Set<() => void>();

export const freshSubscribe = (listener: () => void): (() => void) => (listeners.add(listener), () => listeners.delete(listener));
export const freshWanted = (): boolean => waiting.length > 0;

export function freshAnswer(proven: boolean): void {
  const asked = waiting;
  waiting = [];
  listeners.forEach((listener) => listener());
  asked.forEach((answer) => answer(proven));
}

export async function withFresh<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== 'session.second_factor_stale') throw error;
    const proven = await new Promise<boolean>((answer) => {
      waiting = [...waiting, answer];
      listeners.forEach((listener) => listener());
    });
    if (!proven) throw error;
    return await act();
  }
}
