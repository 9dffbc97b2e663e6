/* OwnDevices.tsx - the devices that the account plays on, and a way to remove one: under "no more devices". */
import { useState } from 'react';
import { ApiError, type Device } from '@shared/api/client';
import { useRemoveDevice } from '../api/pairing';
import { localeNow, t } from '../messages';
import { Button } from '../ui/Button';
import { kinds } from './Watching';
import css from './watching.module.css';

/** onFree: there is room, Play can be tried again. */
export function OwnDevices({ devices, onFree }: { devices: Device[]; onFree: () => void }) {
  const remove = useRemoveDevice();
  const [sure, setSure] = useState<string>();
  const day = new Intl.DateTimeFormat(localeNow(), { dateStyle: 'medium' });
  const press = (id: string) => {
    if (sure !== id) return setSure(id);
    const gone = (error: unknown) => error instanceof ApiError && error.status === 404;
    remove.mutate(id, { onSuccess: onFree, onError: (error) => gone(error) && onFree() });
  };
  const refused = remove.error instanceof ApiError && remove.error.code === 'profile.kids';
  return (
    <>
      <ul className={css.list} data-testid="own-devices">
        {devices.map((device) => {
          const name = device.name || t(kinds[device.kind]);
          return (
            <li key={device.id} className={css.row}>
              <span className={css.words}>
                <strong>{name}</strong>
                <span>{t('devices.seen', { time: day.format(new Date(device.last_seen_at)) })}</span>
              </span>
              <Button
                look={sure === device.id ? 'bad' : 'plain'}
                busy={remove.isPending && remove.variables === device.id}
                disabled={remove.isPending}
                onClick={() => press(device.id)}
                aria-label={sure === device.id ? t('devices.remove_sure', { device: name }) : t('devices.remove_on', { device: name })}
              >
                {sure === device.id ? t('devices.remove_really') : t('devices.remove')}
              </Button>
            </li>
          );
        })}
      </ul>
      {remove.isError && <p role="alert">{refused ? t('activate.kids') : t('watching.failed')}</p>}
    </>
  );
}
