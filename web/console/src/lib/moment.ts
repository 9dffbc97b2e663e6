/* moment.ts - moments as a field for date and time has them (where the person is) and as they go over the wire. */
const two = (n: number): string => String(n).padStart(2, '0');

/** "2026-12-01T18:30"; "" for none. */
export function localOf(at: string | null | undefined): string {
  const date = at ? new Date(at) : null;
  if (!date || Number.isNaN(date.getTime())) return '';
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}T${two(date.getHours())}:${two(date.getMinutes())}`;
}

/** null: none, or not a whole one yet. */
export function momentOf(local: string): string | null {
  const date = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}/.test(local) ? new Date(local) : null;
  return date && !Number.isNaN(date.getTime()) ? date.toISOString() : null;
}
