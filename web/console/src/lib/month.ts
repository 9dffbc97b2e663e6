/* month.ts - "2026-11": a month in an address, the ones beside it, and the moments between which it lies where the person is. */
const written = /^(\d{4})-(0[1-9]|1[0-2])$/;
const of = (date: Date): string => `${date.getFullYear()}-${String(date.getMonth() + 1).padStart(2, '0')}`;
const parts = (month: string): [number, number] => [Number(month.slice(0, 4)), Number(month.slice(5)) - 1];

export const monthOf = (text: string | null, now: Date): string => (text && written.test(text) ? text : of(now));
export const monthShift = (month: string, by: number): string => {
  const [year, index] = parts(month);
  return of(new Date(year, index + by, 1));
};
export function monthSpan(month: string): { from: string; to: string } {
  const [year, index] = parts(month);
  return { from: new Date(year, index, 1).toISOString(), to: new Date(year, index + 1, 1).toISOString() };
}
