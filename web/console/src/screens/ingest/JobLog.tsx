/* JobLog.tsx - what a piece of work did, line by line; of an import, all its steps in their order, and whether it goes before others. */
import { SegmentedControl } from '@mantine/core';
import type { Import, Job, JobLine } from '@shared/api/client';
import { isLive } from '../../api/imports';
import { jobEnded, useImportJobs, useJob, useJobActs } from '../../api/jobs';
import { clockText, momentText } from '../../lib/format';
import { localeNow, t } from '../../messages';
import { Side } from '../../ui/Form';
import { Failure, failureText, RowsSkeleton } from '../../ui/States';
import { Tag } from '../../ui/Tag';
import { say } from '../../ui/Toasts';
import { jobName, jobTones } from './jobWords';
import css from './jobs.module.css';

const timeOf = (at: string): string => new Intl.DateTimeFormat(localeNow(), { timeStyle: 'medium' }).format(new Date(at));

function Lines({ lines }: { lines: readonly JobLine[] }) {
  if (!lines.length) return <p className={css.none}>{t('jobs.no_lines')}</p>;
  return (
    <ol className={css.lines} data-testid="job-log">
      {lines.map((line, i) => (
        <li key={i} data-level={line.level}>
          <time dateTime={line.at} className={css.time}>{timeOf(line.at)}</time>
          <span dir="auto">{line.text}</span>
        </li>
      ))}
    </ol>
  );
}

const took = (job: Job): string => (job.started_at && job.ended_at ? clockText((Date.parse(job.ended_at) - Date.parse(job.started_at)) / 1000) : job.state === 'running' ? `${Math.floor(job.progress * 100)}%` : '');

/** First, as it comes, last: all of an import together. */
export function Priority({ job }: { job: Job }) {
  const { rank } = useJobActs();
  const now = job.priority > 0 ? '50' : job.priority < 0 ? '-50' : '0';
  return (
    <SegmentedControl
      size="xs" aria-label={t('jobs.priority')} value={rank.isPending ? String(rank.variables.priority) : now} disabled={rank.isPending}
      data={[{ value: '50', label: t('jobs.first') }, { value: '0', label: t('jobs.normal') }, { value: '-50', label: t('jobs.last') }]}
      onChange={(value) => rank.mutate({ id: job.id, priority: Number(value) }, { onError: (error) => say(failureText(error), { bad: true }) })}
    />
  );
}

export function ImportLog({ one, onClose }: { one: Import | null; onClose: () => void }) {
  return (
    <Side title={one ? t('jobs.log_of', { name: one.title_name }) : ''} open={one !== null} onClose={onClose}>
      {one && <Steps one={one} />}
    </Side>
  );
}

function Steps({ one }: { one: Import }) {
  const steps = useImportJobs(one.id, isLive(one));
  if (steps.isError) return <Failure error={steps.error} onRetry={() => void steps.refetch()} />;
  if (!steps.data) return <RowsSkeleton rows={5} />;
  const waits = steps.data.find((job) => !jobEnded(job));
  return (
    <div className={css.steps}>
      {waits && <Priority job={waits} />}
      {steps.data.map((job) => (
        <section key={job.id} className={css.step} aria-label={jobName(job)}>
          <h3 className={css.stepHead}>
            <span>{jobName(job)}</span>
            <span className={css.time}>{took(job)}</span>
            <Tag tone={jobTones[job.state]}>{t(`jobstate.${job.state}`)}</Tag>
          </h3>
          {job.error && <p className={css.fault} dir="auto">{job.error.detail || job.error.code}</p>}
          {steps.log.has(job.id) && <Lines lines={steps.log.get(job.id) ?? []} />}
        </section>
      ))}
      {!steps.data.length && <p className={css.none}>{t('jobs.none_text')}</p>}
    </div>
  );
}

export function OneLog({ id, onClose }: { id: string | null; onClose: () => void }) {
  const job = useJob(id);
  return (
    <Side title={job.data ? [jobName(job.data), job.data.title_name].filter(Boolean).join(' · ') : t('state.loading')} open={id !== null} onClose={onClose}>
      {job.isError && <Failure error={job.error} onRetry={() => void job.refetch()} />}
      {job.isPending && <RowsSkeleton rows={4} />}
      {job.data && (
        <div className={css.steps}>
          <p className={css.none}>{[t(`jobstate.${job.data.state}`), job.data.started_at && momentText(job.data.started_at), took(job.data), job.data.attempt > 1 && t('jobs.attempt', { count: job.data.attempt })].filter(Boolean).join(' · ')}</p>
          {job.data.error && <p className={css.fault} dir="auto">{job.data.error.detail || job.data.error.code}</p>}
          <Lines lines={job.data.log ?? []} />
        </div>
      )}
    </Side>
  );
}
