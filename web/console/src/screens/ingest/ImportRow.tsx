/* ImportRow.tsx - what becomes of a file: the steps, which one it is at, what went wrong and what to do; its log beside it. */
import { Button } from '@mantine/core';
import { useState } from 'react';
import { Link } from 'react-router';
import type { Import } from '@shared/api/client';
import { isLive, useImportCancel, useImportRetry } from '../../api/imports';
import { stepsOf } from '../../lib/steps';
import { agoText, leftText } from '../../lib/format';
import { t } from '../../messages';
import { Confirm } from '../../ui/Confirm';
import { failureText } from '../../ui/States';
import { Tag, type Tone } from '../../ui/Tag';
import { say } from '../../ui/Toasts';
import { Bar } from './Bar';
import { ImportLog } from './JobLog';
import css from './ingest.module.css';

const tones: Record<Import['state'], Tone> = { queued: 'plain', running: 'busy', done: 'good', failed: 'bad', cancelled: 'plain' };

function detail(one: Import): string {
  if (one.error) return one.error.detail;
  if (one.state === 'running') {
    const parts = [`${Math.floor(one.progress * 100)}%`];
    if (one.speed) parts.push(t('ingest.speed', { times: one.speed.toFixed(1) }));
    if (one.eta_s !== null) parts.push(leftText(one.eta_s));
    return parts.join(' · ');
  }
  return agoText(one.ended_at ?? one.created_at);
}

function Steps({ one }: { one: Import }) {
  return (
    <ol className={css.steps} aria-label={t('ingest.steps')}>
      {stepsOf(one).map(({ name, state }) => (
        <li key={name} className={css.step} data-state={state} aria-current={state === 'now' ? 'step' : undefined}>{t(`step.${name}`)}</li>
      ))}
    </ol>
  );
}

export function ImportRow({ one }: { one: Import }) {
  const cancel = useImportCancel();
  const retry = useImportRetry();
  const [asking, setAsking] = useState(false);
  const [log, setLog] = useState(false);
  const live = isLive(one);
  const label = { queued: t('ingest.queued'), running: t('ingest.running'), done: t('ingest.done'), failed: t('ingest.failed'), cancelled: t('ingest.cancelled') }[one.state];
  const failed = { onError: (error: unknown) => say(failureText(error), { bad: true }) };
  return (
    <article className={css.row} data-testid="import" data-state={one.state}>
      <div className={css.what}>
        <h2 className={css.name} dir="auto">{one.title_id ? <Link to={`/titles/${one.title_id}`}>{one.title_name}</Link> : one.title_name}</h2>
        <p className={css.file} dir="auto">{one.file_name}</p>
      </div>
      <div className={css.how}>
        <div className={css.line}>
          <Tag tone={tones[one.state]}>{label}</Tag>
          <span className={css.detail}>{detail(one)}</span>
        </div>
        {live && <Bar value={one.progress} label={t('ingest.running')} />}
        {live && <Steps one={one} />}
        {one.warnings.map((warning) => <p key={warning} className={css.warning}>{warning}</p>)}
      </div>
      <div className={css.acts}>
        <Button size="xs" onClick={() => setLog(true)} aria-label={t('jobs.log_of', { name: one.title_name })} data-testid="log">{t('jobs.log')}</Button>
        {live && <Button size="xs" loading={cancel.isPending} onClick={() => setAsking(true)}>{t('action.cancel')}</Button>}
        {one.state === 'failed' && <Button size="xs" loading={retry.isPending} onClick={() => retry.mutate(one.id, failed)}>{t('action.try_again')}</Button>}
        {one.state === 'done' && one.title_id && <Button size="xs" component={Link} to={`/titles/${one.title_id}`}>{t('ingest.describe')}</Button>}
      </div>
      <ImportLog one={log ? one : null} onClose={() => setLog(false)} />
      <Confirm open={asking} title={t('ingest.cancel_title', { name: one.title_name })} text={t('ingest.cancel_text')} action={t('ingest.cancel_yes')} onNo={() => setAsking(false)} onYes={() => { setAsking(false); cancel.mutate(one.id, failed); }} />
    </article>
  );
}
