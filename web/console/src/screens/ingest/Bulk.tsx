/* Bulk.tsx - titles by file: a file is checked, its report read, then written, and taken back if it was the wrong one. */
import { Button, Checkbox } from '@mantine/core';
import { FileSpreadsheet } from 'lucide-react';
import { useEffect, useReducer, useSyncExternalStore } from 'react';
import type { BulkReport } from '@shared/api/client';
import { ApiError } from '@shared/api/client';
import { useBulkRun } from '../../api/bulk';
import { sheetOf, type SheetFormat } from '../../lib/fileName';
import { filesChoose } from '../../lib/filesChoose';
import { bytesText } from '../../lib/format';
import { intakeNow, intakeSet, intakeSubscribe } from '../../lib/intake';
import { columnKnown, sheetDecode, sheetRead } from '../../lib/sheet';
import { t } from '../../messages';
import { Panel } from '../../ui/Page';
import { failureText, RowsSkeleton } from '../../ui/States';
import { say } from '../../ui/Toasts';
import css from './bulk.module.css';
import { Columns } from './Columns';
import { Report } from './Report';
import { Runs, useTakeBack } from './Runs';

const BYTES_MAX = 16 << 20;

interface Job {
  file: File;
  format: SheetFormat;
  /** What goes out: the file, or it with other names of columns. */
  body: Blob;
  bytes: Uint8Array | null;
  encoding: string;
  mapping: boolean;
  report: BulkReport | null;
  skip: boolean;
}

const merge = (job: Job | null, change: Partial<Job> | null): Job | null => (change === null ? null : change.file ? (change as Job) : job && { ...job, ...change });

/** The file as it stands; its columns are asked about where the server would not know one. */
async function jobOf(file: File): Promise<Job | null> {
  const format = sheetOf(file.name);
  if (!format || file.size > BYTES_MAX) {
    say(format ? t('bulkload.too_large', { size: bytesText(BYTES_MAX) }) : t('bulkload.no_sheet', { name: file.name }), { bad: true });
    return null;
  }
  const bytes = format === 'csv' ? new Uint8Array(await file.arrayBuffer()) : null;
  const { text, encoding } = bytes ? sheetDecode(bytes) : { text: '', encoding: '' };
  const heads = bytes ? sheetRead(text)?.rows[0] : undefined;
  return { file, format, body: file, bytes, encoding, mapping: heads !== undefined && !heads.every(columnKnown), report: null, skip: false };
}

function Checked({ job, set, onWrite, busy }: { job: Job; set: (change: Partial<Job> | null) => void; onWrite: () => void; busy: boolean }) {
  const { report } = job;
  const takeBack = useTakeBack();
  if (!report) return null;
  const right = report.created + report.updated;
  const written = report.state === 'applied';
  return (
    <>
      <Report key={report.state} report={report} />
      <div className={css.acts}>
        {!written && report.wrong > 0 && right > 0 && <Checkbox className={css.skip} label={t('bulkload.skip', { count: report.wrong })} checked={job.skip} onChange={(event) => set({ skip: event.currentTarget.checked })} />}
        {!written && job.bytes && <Button onClick={() => set({ mapping: true, report: null })}>{t('bulkload.columns')}</Button>}
        {!written && <Button onClick={() => set(null)}>{t('action.cancel')}</Button>}
        {!written && <Button variant="filled" loading={busy} disabled={!right || (report.wrong > 0 && !job.skip)} onClick={onWrite} data-testid="bulk-write">{right ? t('bulkload.write', { count: right }) : t('bulkload.nothing')}</Button>}
        {written && report.id && <Button loading={takeBack.busy} onClick={() => takeBack.run(report.id ?? '', () => set(null))}>{t('bulkload.undo')}</Button>}
        {written && <Button variant="filled" onClick={() => set(null)}>{t('bulkload.another')}</Button>}
        {takeBack.dialog}
      </div>
    </>
  );
}

export function Bulk() {
  const { sheet } = useSyncExternalStore(intakeSubscribe, intakeNow);
  const [job, set] = useReducer(merge, null);
  const run = useBulkRun();
  const check = (one: Job, body: Blob = one.body) =>
    run.mutate({ body, format: one.format, dryRun: true }, { onSuccess: (report) => set({ ...one, body, mapping: false, report }), onError: () => set({ ...one, body, mapping: false, report: null }) });
  const take = async (file: File) => {
    run.reset();
    const next = await jobOf(file);
    set(next);
    if (next && !next.mapping) check(next);
  };
  useEffect(() => {
    if (!sheet) return;
    intakeSet({ sheet: null });
    void take(sheet);
  }, [sheet]);
  const write = () => {
    if (!job) return;
    run.mutate({ body: job.body, format: job.format, dryRun: false, skipErrors: job.skip }, {
      onSuccess: (report) => {
        set({ report });
        if (report.state === 'applied') say(t('bulkload.written', { count: report.created + report.updated }));
      },
    });
  };
  const choose = () => void filesChoose('.csv,.tsv,.json,.xml,.rss,.mrss').then(([file]) => file && take(file));
  const text = job?.bytes ? sheetDecode(job.bytes, job.encoding).text : '';
  const refused = run.isError ? run.error : null;
  return (
    <>
      {job?.mapping ? (
        <Columns text={text} encoding={job.encoding} onEncoding={(encoding) => set({ encoding })} onTake={(csv) => check(job, new Blob([csv], { type: 'text/csv' }))} onCancel={() => set(null)} />
      ) : (
        <Panel id="bulk" title={job ? <span dir="auto">{job.file.name}</span> : t('bulkload.heading')} lead={job?.report ? t(`bulkload.is_${job.report.state}`) : t('bulkload.lead')} actions={job ? undefined : <Button variant="filled" leftSection={<FileSpreadsheet size={16} aria-hidden />} onClick={choose} data-testid="bulk-choose">{t('bulkload.choose')}</Button>}>
          {refused && (
            <div role="alert" className={css.problem}>
              <p>{failureText(refused)}</p>
              {job && <div className={css.acts}>
                {job.bytes && refused instanceof ApiError && refused.status === 400 && <Button size="xs" onClick={() => { run.reset(); set({ mapping: true }); }}>{t('bulkload.columns')}</Button>}
                <Button size="xs" onClick={() => { run.reset(); set(null); }}>{t('action.cancel')}</Button>
              </div>}
            </div>
          )}
          {job && !job.report && run.isPending && <RowsSkeleton rows={5} />}
          {job && <Checked job={job} set={set} onWrite={write} busy={run.isPending} />}
        </Panel>
      )}
      <Runs />
    </>
  );
}
