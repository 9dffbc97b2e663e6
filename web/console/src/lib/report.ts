/* report.ts - the report of a bulk run as lines of one height, so that ten thousand of them can be scrolled: a row is one, each further fault one more. */
import type { BulkLine, BulkReport } from '@shared/api/client';

export type ReportFilter = 'all' | BulkLine['action'];

export interface ReportLine {
  row: number;
  /** null: goes on with the row above. */
  action: BulkLine['action'] | null;
  titleId: string | null;
  name: string;
  text: string;
}

export function reportLines(report: Pick<BulkReport, 'rows'>, filter: ReportFilter, typed: string): ReportLine[] {
  const needle = typed.trim().toLocaleLowerCase();
  const faults = (one: BulkLine): string[] => one.errors.map(({ field, detail }) => (field ? `${field}: ${detail}` : detail));
  const has = (one: BulkLine): boolean => [String(one.row), one.name ?? '', ...one.changes, ...faults(one)].some((text) => text.toLocaleLowerCase().includes(needle));
  return report.rows
    .filter((one) => (filter === 'all' || one.action === filter) && (!needle || has(one)))
    .flatMap((one) => {
      const [first = '', ...more] = one.errors.length ? faults(one) : [one.action === 'update' ? one.changes.join(', ') : ''];
      return [{ row: one.row, action: one.action, titleId: one.title_id, name: one.name ?? '', text: first }, ...more.map((text): ReportLine => ({ row: one.row, action: null, titleId: null, name: '', text }))];
    });
}

/** Which lines of one height are in sight, and some above and below them. */
export function linesSeen(count: number, lineHeight: number, top: number, height: number, spare = 12): { from: number; to: number } {
  const from = Math.max(0, Math.min(count, Math.floor(top / lineHeight)) - spare);
  return { from, to: Math.min(count, Math.ceil((top + height) / lineHeight) + spare) };
}

/** What is wrong, as a sheet for whoever made the file. */
export function faultsSheet(report: Pick<BulkReport, 'rows'>): string {
  const cell = (text: string): string => `"${text.replaceAll('"', '""')}"`;
  return ['row,name,field,fault', ...report.rows.flatMap((one) => one.errors.map((fault) => [String(one.row), cell(one.name ?? ''), cell(fault.field), cell(fault.detail)].join(',')))].join('\r\n');
}
