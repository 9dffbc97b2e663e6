/* Devices.tsx - what the account plays on: names, removing, and the way to sign a television in. */
import { useEffect, useRef, useState, type FormEvent } from 'react';
import type { Device } from '@shared/api/client';
import { useDevices, useRemoveDevice, useRenameDevice } from '../../api/pairing';
import { kinds } from '../../player/Watching';
import { localeNow, t } from '../../messages';
import { Button, ButtonLink } from '../../ui/Button';
import { Field } from '../../ui/Field';
import { failureText } from '../sign-in/AuthPage';
import css from './account.module.css';

const nameOf = (device: Device): string => device.name || t(kinds[device.kind]);

function Dialog({ device, what, onClose }: { device: Device; what: 'rename' | 'remove'; onClose: () => void }) {
  const ref = useRef<HTMLDialogElement>(null);
  const rename = useRenameDevice();
  const remove = useRemoveDevice();
  const act = what === 'rename' ? rename : remove;
  useEffect(() => ref.current?.showModal(), []);
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const name = String(new FormData(event.currentTarget).get('name') ?? '').trim();
    if (what === 'remove') remove.mutate(device.id, { onSuccess: onClose });
    else if (name) rename.mutate({ id: device.id, name }, { onSuccess: onClose });
  };
  const title = what === 'rename' ? t('devices.rename_on', { device: nameOf(device) }) : t('devices.remove_sure', { device: nameOf(device) });
  return (
    <dialog ref={ref} className={css.dialog} onClose={onClose} aria-labelledby="device-title">
      <form onSubmit={submit}>
        <h2 id="device-title">{title}</h2>
        {what === 'rename' ? (
          <Field label={t('activate.name')} name="name" defaultValue={device.name} required maxLength={60} autoFocus />
        ) : (
          <p>{t('devices.remove_detail')}</p>
        )}
        {act.isError && (
          <p role="alert" className={css.problem}>
            {failureText(act.error)}
          </p>
        )}
        <div className={css.choices}>
          <Button onClick={() => ref.current?.close()}>{t('action.cancel')}</Button>
          <Button type="submit" look={what === 'rename' ? 'accent' : 'bad'} busy={act.isPending} data-testid="save">
            {what === 'rename' ? t('devices.rename') : t('devices.remove')}
          </Button>
        </div>
      </form>
    </dialog>
  );
}

export function Devices() {
  const list = useDevices();
  const [open, setOpen] = useState<{ device: Device; what: 'rename' | 'remove' }>();
  const day = new Intl.DateTimeFormat(localeNow(), { dateStyle: 'medium' });
  const devices = list.data?.devices ?? [];
  return (
    <section data-testid="devices">
      <h2>{t('devices.title')}</h2>
      <div className={css.action}>
        <p>{t('devices.pair_detail')}</p>
        <ButtonLink to="/activate">{t('devices.pair')}</ButtonLink>
      </div>
      {list.isError && (
        <p role="alert" className={css.problem}>
          {failureText(list.error)}
        </p>
      )}
      {list.isSuccess && <p className={css.note}>{devices.length ? t('devices.detail') : t('devices.empty')}</p>}
      {devices.map((device) => (
        <div key={device.id} className={css.action}>
          <p>
            {nameOf(device)}
            <br />
            {device.current ? t('devices.here') : t('devices.seen', { time: day.format(new Date(device.last_seen_at)) })}
            {!device.counts && ` · ${t('devices.idle')}`}
          </p>
          <div className={css.choices}>
            <Button onClick={() => setOpen({ device, what: 'rename' })} aria-label={t('devices.rename_on', { device: nameOf(device) })}>
              {t('devices.rename')}
            </Button>
            <Button onClick={() => setOpen({ device, what: 'remove' })} aria-label={t('devices.remove_on', { device: nameOf(device) })}>
              {t('devices.remove')}
            </Button>
          </div>
        </div>
      ))}
      {open && <Dialog {...open} onClose={() => setOpen(undefined)} />}
    </section>
  );
}
