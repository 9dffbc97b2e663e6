/* AskDialog.tsx - a PIN of four digits, sent as soon as it is whole; or the account's password. */
import { useEffect, useRef, type FormEvent } from 'react';
import { ApiError } from '@shared/api/client';
import { t } from '../../messages';
import { Button } from '../../ui/Button';
import { Field } from '../../ui/Field';
import { failureText } from '../sign-in/AuthPage';
import css from '../account/account.module.css';

type Props = { what: 'pin' | 'password'; name: string; busy: boolean; error: unknown; onAnswer: (value: string) => void; onClose: () => void };

function problemOf(error: unknown): string | undefined {
  if (!error) return undefined;
  const code = error instanceof ApiError ? error.code : '';
  if (code === 'profile.pin_wanted' || code === 'profile.password_wanted') return undefined;
  if (code === 'profile.pin_wrong') return t('profiles.pin_wrong');
  if (code === 'profile.too_many_pins') return t('profiles.pin_locked');
  if (code === 'session.wrong_credentials') return t('account.delete_wrong');
  return failureText(error);
}

export function AskDialog({ what, name, busy, error, onAnswer, onClose }: Props) {
  const ref = useRef<HTMLDialogElement>(null);
  const form = useRef<HTMLFormElement>(null);
  const problem = problemOf(error);
  useEffect(() => ref.current?.showModal(), []);
  useEffect(() => {
    const input = form.current?.querySelector('input');
    if (!problem || !input) return;
    input.value = '';
    input.focus();
  }, [problem, error]);
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    onAnswer(String(new FormData(event.currentTarget).get('answer')));
  };
  const pin = what === 'pin';
  return (
    <dialog ref={ref} className={css.dialog} onClose={onClose} aria-labelledby="ask-title">
      <form ref={form} onSubmit={submit}>
        <h2 id="ask-title">{pin ? t('profiles.pin_ask', { name }) : t('profiles.password_ask')}</h2>
        <p>{pin ? t('profiles.pin_detail') : t('profiles.password_detail')}</p>
        <Field
          label={pin ? t('profiles.pin') : t('sign_in.password')}
          name="answer"
          type="password"
          inputMode={pin ? 'numeric' : undefined}
          pattern={pin ? '[0-9]{4}' : undefined}
          maxLength={pin ? 4 : 1000}
          autoComplete={pin ? 'off' : 'current-password'}
          required
          error={problem}
          autoFocus
          onChange={(event) => {
            if (pin && /^\d{4}$/.test(event.target.value) && !busy) onAnswer(event.target.value);
          }}
        />
        <div className={css.choices}>
          <Button onClick={() => ref.current?.close()}>{t('action.cancel')}</Button>
          <Button type="submit" look="accent" busy={busy} data-testid="answer">
            {t('profiles.go_on')}
          </Button>
        </div>
      </form>
    </dialog>
  );
}
