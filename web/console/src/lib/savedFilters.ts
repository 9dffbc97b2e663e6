/* savedFilters.ts - filters of a list that somebody gave a name, kept in this browser. */
import { remember, remembered } from './prefs';

export interface SavedFilter<F> {
  name: string;
  filter: F;
}

function all(): Record<string, SavedFilter<unknown>[]> {
  try {
    const kept: unknown = JSON.parse(remembered('filters') || '{}');
    return kept && typeof kept === 'object' ? (kept as Record<string, SavedFilter<unknown>[]>) : {};
  } catch {
    return {};
  }
}

export const filtersOf = <F,>(screen: string): SavedFilter<F>[] => (all()[screen] ?? []) as SavedFilter<F>[];

/** A name that is taken is given to the new one. */
export function filterSave<F>(screen: string, name: string, filter: F): SavedFilter<F>[] {
  const list = [...filtersOf<F>(screen).filter((one) => one.name !== name), { name, filter }];
  remember('filters', JSON.stringify({ ...all(), [screen]: list }));
  return list;
}

export function filterDrop<F>(screen: string, name: string): SavedFilter<F>[] {
  const list = filtersOf<F>(screen).filter((one) => one.name !== name);
  remember('filters', JSON.stringify({ ...all(), [screen]: list }));
  return list;
}
