/* Watching.tsx - who watches in this account now, and a way to stop one of them: under "too many devices". */
import { useState } from 'react';
import { ApiError, playbackStop, type Stream } from '@shared/api/client';
import { t } from '../messages';
import { Button } from '../ui/Button';
import css from './watching.module.css';

export const kinds = { tv: 'watching.tv', phone: 'watching.phone', web: 'watching.web', other: 'watching.other' } as const;
const deviceName = ({ device }: Stream): string => device.name || t(kinds[device.kind]);

/** onFree: a slot is free, Play can be tried again. */
export function Watching({ streams, onFree }: { streams: Stream[]; onFree: () => void }) {
  const [busy, setBusy] = useState<string | null>(null);
  const [failed, setFailed] = useState(false);
  const stop = async (stream: Stream) => {
    setBusy(stream.playback_id);
    setFailed(false);
    try {
      await playbackStop(stream.playback_id);
      onFree();
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) onFree(); /* it ended by itself */
      else setFailed(true);
    } finally {
      setBusy(null);
    }
  };
  return (
    <>
      <ul className={css.list} data-testid="watching">
        {streams.map((stream) => (
          <li key={stream.playback_id} className={css.row}>
            <span className={css.words}>
              <strong>{deviceName(stream)}</strong>
              {stream.title && <span>{stream.title.name}</span>}
            </span>
            <Button busy={busy === stream.playback_id} disabled={busy !== null} onClick={() => void stop(stream)} aria-label={t('watching.stop_on', { device: deviceName(stream) })}>
              {t('watching.stop')}
            </Button>
          </li>
        ))}
      </ul>
      {failed && <p role="alert">{t('watching.failed')}</p>}
    </>
  );
}
