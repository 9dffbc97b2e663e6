/* UploadRow.tsx - a file that goes up: how far, how fast, how long still; paused, gone on with, given up; what to do about a twin. */
import { Button } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Link } from 'react-router';
import { ApiError, type UploadDuplicate } from '@shared/api/client';
import { importAnyway } from '../../api/send';
import { uploads } from '../../api/uploads';
import { bytesText, leftText } from '../../lib/format';
import type { Upload } from '../../lib/uploads';
import { t } from '../../messages';
import { failureText } from '../../ui/States';
import { Tag, type Tone } from '../../ui/Tag';
import { Bar } from './Bar';
import css from './ingest.module.css';

const tones: Record<Upload['state'], Tone> = { waiting: 'plain', sending: 'busy', paused: 'plain', sent: 'good', failed: 'bad', cancelled: 'plain' };

function detail({ state, sent, file, speed, stuck, error }: Upload): string {
  if (state === 'failed') return error instanceof ApiError && error.status === 401 ? t('ingest.signed_out') : failureText(error);
  if (state === 'cancelled') return t('ingest.stopped');
  const parts = [t('ingest.of', { done: bytesText(sent), all: bytesText(file.size) })];
  if (stuck) parts.push(t('ingest.stuck'));
  else if (state === 'sending' && speed > 0) parts.push(t('ingest.per_second', { size: bytesText(speed) }), leftText((file.size - sent) / speed));
  return parts.join(' · ');
}

/** The same film is there already: which title has it, and what if it is meant. */
function Twin({ upload, error }: { upload: Upload; error: ApiError }) {
  const client = useQueryClient();
  const anyway = useMutation({
    mutationFn: () => importAnyway(upload, String(error.problem.upload_id)),
    onSuccess: () => {
      uploads.drop(upload.key);
      return client.invalidateQueries({ queryKey: ['imports'] });
    },
  });
  const twins = (error.problem.duplicates as UploadDuplicate[] | undefined) ?? [];
  return (
    <>
      {twins.map((one) => <p key={one.import_id} className={css.warning} dir="auto">{one.title_id ? <Link to={`/titles/${one.title_id}`}>{one.title_name}</Link> : one.title_name}</p>)}
      {anyway.isError && <p role="alert" className={css.warning}>{failureText(anyway.error)}</p>}
      <div><Button size="xs" loading={anyway.isPending} onClick={() => anyway.mutate()}>{t('ingest.anyway')}</Button></div>
    </>
  );
}

export function UploadRow({ upload }: { upload: Upload }) {
  const client = useQueryClient();
  const { state, key } = upload;
  const going = state === 'waiting' || state === 'sending';
  const bar = going || state === 'paused';
  const label = { waiting: t('ingest.waiting'), sending: t('ingest.sending'), paused: t('ingest.paused'), sent: t('ingest.sent'), failed: t('ingest.failed'), cancelled: t('ingest.cancelled') }[state];
  const twin = upload.error instanceof ApiError && upload.error.code === 'import.duplicate' ? upload.error : null;
  return (
    <article className={css.row} data-testid="upload" data-state={state} data-sent={upload.sent}>
      <div className={css.what}>
        <h2 className={css.name} dir="auto">{upload.title}</h2>
        <p className={css.file} dir="auto">{upload.file.name}</p>
      </div>
      <div className={css.how}>
        <div className={css.line}>
          <Tag tone={tones[state]}>{label}</Tag>
          <span className={css.detail} role={state === 'failed' ? 'alert' : undefined}>{detail(upload)}</span>
        </div>
        {bar && <Bar value={upload.file.size ? upload.sent / upload.file.size : 0} label={t('ingest.sending')} />}
        {twin && <Twin upload={upload} error={twin} />}
      </div>
      <div className={css.acts}>
        {going && <Button size="xs" onClick={() => uploads.pause(key)}>{t('ingest.pause')}</Button>}
        {state === 'paused' && <Button size="xs" onClick={() => uploads.retry(key)}>{t('action.go_on')}</Button>}
        {(state === 'failed' && !twin) && <Button size="xs" onClick={() => uploads.retry(key)}>{t('action.try_again')}</Button>}
        {(going || state === 'paused' || state === 'failed') && <Button size="xs" onClick={() => void uploads.stop(key).then(() => client.invalidateQueries({ queryKey: ['uploads', 'left'] }))}>{t('action.cancel')}</Button>}
        {state === 'cancelled' && <Button size="xs" onClick={() => uploads.drop(key)}>{t('action.put_away')}</Button>}
      </div>
    </article>
  );
}
