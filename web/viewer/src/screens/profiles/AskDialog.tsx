/* AskDialog.tsx - what it takes to get into a profile: a PIN of four digits, sent as soon as it is whole; the account's password; or, where it
 * has none, one of its passkeys, or another sign-in. */
import { useEffect, useRef, type FormEvent, type ReactNode } from 'react';
import { ApiError, type ProfileChoice } from '@shared/api/client';
import { useSignOut } from '../../api/queries';
import { usePasskeyAnswer } from '../../api/ways';
import { wayText } from '../../lib/wayText';
import { t } from '../../messages';
import { Button } from '../../ui/Button';
import { Field } from '../../ui/Field';
import { failureText } from '../sign-in/AuthPage';
import css from '../account/account.module.css';

export type Asks = 'pin' | 'password' | 'passkey' | 'sign_in';
type Props = { what: Asks; name: string; busy: boolean; error: unknown; onAnswer: (proof: Omit<ProfileChoice, 'profile'>) => void; onClose: () => void };

function problemOf(error: unknown): string | undefined {
  if (!error) return undefined;
  const code = error instanceof ApiError ? error.code : '';
  if (code.startsWith('profile.') && code.endsWith('_wanted')) return undefined;
  if (code === 'profile.pin_wrong') return t('profiles.pin_wrong');
  if (code === 'profile.too_many_pins') return t('profiles.pin_locked');
  if (code === 'session.wrong_credentials') return t('account.delete_wrong');
  return wayText(error) || failureText(error);
}

function Frame({ title, detail, onClose, onSubmit, children }: { title: string; detail: string; onClose: () => void; onSubmit: (form: HTMLFormElement) => void; children: ReactNode }) {
  const ref = useRef<HTMLDialogElement>(null);
  useEffect(() => ref.current?.showModal(), []);
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    onSubmit(event.currentTarget);
  };
  return (
    <dialog ref={ref} className={css.dialog} onClose={onClose} aria-labelledby="ask-title">
      <form onSubmit={submit}>
        <h2 id="ask-title">{title}</h2>
        <p>{detail}</p>
        {children}
      </form>
    </dialog>
  );
}

const leave = (event: { currentTarget: HTMLElement }) => event.currentTarget.closest('dialog')?.close();

function TypeIt({ what, name, busy, error, onAnswer, onClose }: Props) {
  const input = useRef<HTMLDivElement>(null);
  const problem = problemOf(error);
  const pin = what === 'pin';
  const answer = (value: string) => onAnswer(pin ? { pin: value } : { password: value });
  useEffect(() => {
    const field = input.current?.querySelector('input');
    if (!problem || !field) return;
    field.value = '';
    field.focus();
  }, [problem, error]);
  return (
    <Frame
      title={pin ? t('profiles.pin_ask', { name }) : t('profiles.password_ask')}
      detail={pin ? t('profiles.pin_detail') : t('profiles.password_detail')}
      onClose={onClose}
      onSubmit={(form) => answer(String(new FormData(form).get('answer')))}
    >
      <div ref={input}>
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
            if (pin && /^\d{4}$/.test(event.target.value) && !busy) answer(event.target.value);
          }}
        />
      </div>
      <div className={css.choices}>
        <Button onClick={leave}>{t('action.cancel')}</Button>
        <Button type="submit" look="accent" busy={busy} data-testid="answer">
          {t('profiles.go_on')}
        </Button>
      </div>
    </Frame>
  );
}

/** Nothing to type. */
function ShowIt({ what, busy, error, onAnswer, onClose }: Props) {
  const passkey = usePasskeyAnswer();
  const signOut = useSignOut();
  const problem = problemOf(passkey.error ?? signOut.error ?? error);
  const key = what === 'passkey';
  const go = () => (key ? passkey.mutate(undefined, { onSuccess: (credential) => credential && onAnswer({ credential }) }) : signOut.mutate());
  return (
    <Frame title={t('profiles.password_ask')} detail={key ? t('profiles.passkey_detail') : t('profiles.sign_in_detail')} onClose={onClose} onSubmit={go}>
      {problem && (
        <p role="alert" className={css.problem}>
          {problem}
        </p>
      )}
      <div className={css.choices}>
        <Button onClick={leave}>{t('action.cancel')}</Button>
        <Button type="submit" look="accent" busy={busy || passkey.isPending || signOut.isPending} data-testid="answer">
          {key ? t('ways.passkey') : t('action.sign_out')}
        </Button>
      </div>
    </Frame>
  );
}

export const AskDialog = (props: Props) => (props.what === 'pin' || props.what === 'password' ? <TypeIt {...props} /> : <ShowIt {...props} />);
