/* UploadRow.tsx - a file that goes up: how far, how fast, how long still; stopped, tried again, put away. */
import { Button } from '@mantine/core';
import { uploads } from '../../api/imports';
import { bytesText, leftText } from '../../lib/format';
import type { Upload } from '../../lib/uploads';
import { t } from '../../messages';
import { failureText } from '../../ui/States';
import { Tag, type Tone } from '../../ui/Tag';
import { Bar } from './Bar';
import css from './ingest.module.css';

const tones: Record<Upload['state'], Tone> = { waiting: 'plain', sending: 'busy', sent: 'good', failed: 'bad', cancelled: 'plain' };

function detail({ state, sent, file, speed, error }: Upload): string {
  if (state === 'failed') return failureText(error);
  if (state === 'cancelled') return t('ingest.stopped');
  const parts = [t('ingest.of', { done: bytesText(sent), all: bytesText(file.size) })];
  if (state === 'sending' && speed > 0) parts.push(t('ingest.per_second', { size: bytesText(speed) }), leftText((file.size - sent) / speed));
  return parts.join(' · ');
}

export function UploadRow({ upload }: { upload: Upload }) {
  const going = upload.state === 'waiting' || upload.state === 'sending';
  const label = { waiting: t('ingest.waiting'), sending: t('ingest.sending'), sent: t('ingest.sent'), failed: t('ingest.failed'), cancelled: t('ingest.cancelled') }[upload.state];
  return (
    <article className={css.row} data-testid="upload">
      <div className={css.what}>
        <h2 className={css.name} dir="auto">{upload.title}</h2>
        <p className={css.file} dir="auto">{upload.file.name}</p>
      </div>
      <div className={css.how}>
        <div className={css.line}>
          <Tag tone={tones[upload.state]}>{label}</Tag>
          <span className={css.detail} role={upload.state === 'failed' ? 'alert' : undefined}>{detail(upload)}</span>
        </div>
        {going && <Bar value={upload.file.size ? upload.sent / upload.file.size : 0} label={t('ingest.sending')} />}
      </div>
      <div className={css.acts}>
        {going && <Button size="xs" onClick={() => uploads.stop(upload.key)}>{t('action.cancel')}</Button>}
        {!going && <Button size="xs" onClick={() => uploads.retry(upload.key)}>{t('action.try_again')}</Button>}
        {!going && <Button size="xs" onClick={() => uploads.drop(upload.key)}>{t('action.put_away')}</Button>}
      </div>
    </article>
  );
}
