/* Jobs.tsx - the job board: what is under way, live; what failed; all there was. Each with its log, tried again, stopped, put before others. */
import { Button, SegmentedControl } from '@mantine/core';
import { ListChecks } from 'lucide-react';
import { useState } from 'react';
import type { Job } from '@shared/api/client';
import { jobEnded, useJobActs, useJobBoard, useJobs, type JobFilter } from '../../api/jobs';
import { agoText, leftText } from '../../lib/format';
import { t } from '../../messages';
import { Confirm } from '../../ui/Confirm';
import { Failure, failureText, RowsSkeleton, State } from '../../ui/States';
import { Table, type Column } from '../../ui/Table';
import { Tag } from '../../ui/Tag';
import { say } from '../../ui/Toasts';
import { OneLog, Priority } from './JobLog';
import { jobName, jobTones } from './jobWords';
import css from './jobs.module.css';

function how(job: Job): string {
  if (job.error) return job.error.detail || job.error.code;
  if (job.state !== 'running') return job.ended_at || job.created_at ? agoText(job.ended_at ?? job.created_at) : '';
  return [`${Math.floor(job.progress * 100)}%`, job.speed && t('ingest.speed', { times: job.speed.toFixed(1) }), job.eta_s !== null && leftText(job.eta_s)].filter(Boolean).join(' · ');
}

function Acts({ job, onLog }: { job: Job; onLog: () => void }) {
  const { cancel, retry } = useJobActs();
  const [asking, setAsking] = useState(false);
  const failed = { onError: (error: unknown) => say(failureText(error), { bad: true }) };
  const name = [jobName(job), job.title_name].filter(Boolean).join(', ');
  return (
    <span className={css.acts}>
      <Button size="xs" onClick={onLog} aria-label={`${t('jobs.log')}: ${name}`}>{t('jobs.log')}</Button>
      {job.state === 'failed' && <Button size="xs" loading={retry.isPending} onClick={() => retry.mutate(job.id, failed)} aria-label={`${t('action.try_again')}: ${name}`}>{t('action.try_again')}</Button>}
      {!jobEnded(job) && <Button size="xs" loading={cancel.isPending} onClick={() => setAsking(true)} aria-label={`${t('action.cancel')}: ${name}`}>{t('action.cancel')}</Button>}
      <Confirm open={asking} title={t('jobs.cancel_title', { name })} text={job.import_id ? t('jobs.cancel_import') : t('jobs.cancel_text')} action={t('jobs.cancel_yes')} onNo={() => setAsking(false)} onYes={() => { setAsking(false); cancel.mutate(job.id, failed); }} />
    </span>
  );
}

export function Jobs() {
  const [filter, setFilter] = useState<JobFilter>('now');
  const [open, setOpen] = useState<string | null>(null);
  const board = useJobBoard();
  const list = useJobs(filter);
  const rows = filter === 'now' ? board : (list.data ?? null);
  const columns: Column<Job>[] = [
    { key: 'what', head: t('jobs.what'), lead: true, cell: (job) => <span><b className={css.kind}>{jobName(job)}</b> <span dir="auto">{job.title_name}</span></span> },
    { key: 'state', head: t('titles.state'), width: '8rem', cell: (job) => <Tag tone={jobTones[job.state]}>{t(`jobstate.${job.state}`)}</Tag> },
    { key: 'how', head: t('jobs.how'), cell: (job) => <span className={job.error ? css.bad : css.dim} dir="auto">{how(job)}</span> },
    { key: 'rank', head: t('jobs.priority'), width: '13rem', cell: (job) => !jobEnded(job) && <Priority job={job} /> },
    { key: 'acts', head: '', width: '12rem', cell: (job) => <Acts job={job} onLog={() => setOpen(job.id)} /> },
  ];
  return (
    <>
      <div className={css.filters}>
        <SegmentedControl size="sm" aria-label={t('jobs.show')} value={filter} onChange={(value) => setFilter(value as JobFilter)} data={(['now', 'failed', 'all'] as const).map((value) => ({ value, label: t(`jobs.${value}`) }))} />
      </div>
      {filter !== 'now' && list.isError && <Failure error={list.error} onRetry={() => void list.refetch()} />}
      {!rows && !list.isError && <RowsSkeleton rows={5} />}
      {rows && rows.length > 0 && (
        <Table
          label={t('jobs.tab')} columns={columns} rows={rows} id={(job) => job.id} name={(job) => [jobName(job), job.title_name].filter(Boolean).join(', ')} onOpen={(job) => setOpen(job.id)}
          more={filter !== 'now' && list.hasNextPage ? { busy: list.isFetchingNextPage, load: () => void list.fetchNextPage() } : undefined}
        />
      )}
      {rows?.length === 0 && <State icon={ListChecks} title={filter === 'failed' ? t('jobs.none_failed') : t('jobs.none')} text={t('jobs.none_text')} />}
      <OneLog id={open} onClose={() => setOpen(null)} />
    </>
  );
}
