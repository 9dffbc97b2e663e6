/* Factor.tsx - an authenticator app as a second factor: set up, keep the recovery codes, take away. */
import { useEffect, useRef, useState, type FormEvent } from 'react';
import { ApiError } from '@shared/api/client';
import { useFactor, useFactorBegin, useFactorConfirm, useFactorRemove } from '../../api/factor';
import { t } from '../../messages';
import { Button } from '../../ui/Button';
import { Field } from '../../ui/Field';
import { failureText } from '../sign-in/AuthPage';
import { Qr } from '../pair/Qr';
import css from './account.module.css';

function said(error: unknown): string | undefined {
  if (!error) return undefined;
  const code = error instanceof ApiError ? error.code : '';
  if (code === 'session.wrong_credentials') return t('account.delete_wrong');
  return code === 'factor.wrong_code' || code === 'invalid' ? t('factor.wrong') : failureText(error);
}

function FactorDialog({ remove, onClose }: { remove: boolean; onClose: () => void }) {
  const ref = useRef<HTMLDialogElement>(null);
  const begin = useFactorBegin(), confirm = useFactorConfirm(), take = useFactorRemove();
  useEffect(() => ref.current?.showModal(), []);
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const text = String(new FormData(event.currentTarget).get('text')).trim();
    if (remove) take.mutate(text, { onSuccess: onClose });
    else if (!begin.data) begin.mutate(text);
    else confirm.mutate(text);
  };
  const codes = confirm.data?.recovery_codes;
  const error = said(remove ? take.error : begin.data ? confirm.error : begin.error);
  return (
    <dialog ref={ref} className={css.dialog} onClose={onClose} aria-labelledby="factor-title">
      <form onSubmit={submit}>
        <h2 id="factor-title">{codes ? t('factor.recovery') : t('factor.title')}</h2>
        <p>{codes ? t('factor.recovery_detail') : remove ? t('factor.remove_detail') : begin.data ? t('factor.scan_detail') : t('factor.begin_detail')}</p>
        {codes && <pre data-testid="recovery">{codes.join('\n')}</pre>}
        {begin.data && !codes && (
          <div>
            <Qr text={begin.data.uri} label={t('factor.qr')} className={css.qr} />
            <code data-testid="secret">{begin.data.secret.replace(/(.{4})/g, '$1 ')}</code>
            <br />
            <a href={begin.data.uri}>{t('factor.open_app')}</a>
          </div>
        )}
        {!codes &&
          (remove || begin.data ? (
            <Field key="code" label={t('factor.code')} name="text" autoComplete="one-time-code" required maxLength={40} error={error} autoFocus />
          ) : (
            <Field key="password" label={t('account.delete_password')} name="text" type="password" autoComplete="current-password" required error={error} autoFocus />
          ))}
        <div className={css.choices}>
          <Button onClick={() => ref.current?.close()}>{codes ? t('factor.done') : t('action.cancel')}</Button>
          {!codes && (
            <Button type="submit" look="accent" busy={begin.isPending || confirm.isPending || take.isPending} data-testid="save">
              {remove ? t('factor.remove') : t('factor.next')}
            </Button>
          )}
        </div>
      </form>
    </dialog>
  );
}

export function Factor() {
  const factor = useFactor();
  const [open, setOpen] = useState(false);
  const [wasOn, setWasOn] = useState(false); /* what the dialog was opened for: the state changes below it */
  if (!factor.data) return null;
  const { enrolled, recovery_codes_left: left } = factor.data;
  return (
    <div className={css.action}>
      <p>
        {t('factor.title')}
        <br />
        {enrolled ? t('factor.on', { left }) : t('factor.off')}
      </p>
      <Button
        data-testid="factor"
        onClick={() => {
          setWasOn(enrolled);
          setOpen(true);
        }}
      >
        {enrolled ? t('factor.remove') : t('factor.set_up')}
      </Button>
      {open && <FactorDialog remove={wasOn} onClose={() => setOpen(false)} />}
    </div>
  );
}
