/* Security.tsx - the address, the password, and everywhere else that is signed in. */
import { useState } from 'react';
import { ApiError, type Session } from '@shared/api/client';
import { useChangeEmail, useChangePassword, useSendVerification, useSessions, useSignOutElsewhere } from '../../api/account';
import { useHasPassword } from '../../api/ways';
import { wayText } from '../../lib/wayText';
import { localeNow, t } from '../../messages';
import { Button } from '../../ui/Button';
import { Field } from '../../ui/Field';
import { failureText } from '../sign-in/AuthPage';
import { Factor } from './Factor';
import { FormDialog } from './FormDialog';
import { ProofInstead, wantsProof } from './ProofInstead';
import css from './account.module.css';

const codeOf = (error: unknown): string => (error instanceof ApiError ? (error.code ?? '') : '');
const wrongPassword = (error: unknown): string | undefined => (codeOf(error) === 'session.wrong_credentials' ? t('account.delete_wrong') : undefined);

function EmailDialog({ onClose, onSent }: { onClose: () => void; onSent: (email: string) => void }) {
  const change = useChangeEmail();
  const has = useHasPassword();
  const rest = change.error && !wrongPassword(change.error) && !wantsProof(change.error) ? wayText(change.error) || failureText(change.error) : undefined;
  const submit = (data: FormData) => {
    const email = String(data.get('email')).trim();
    change.mutate({ email, ...(has ? { password: String(data.get('password')) } : {}) }, { onSuccess: () => onSent(email) });
  };
  return (
    <FormDialog title={t('account.email_change')} detail={t('account.email_change_detail')} busy={change.isPending} save={t('account.email_send')} onSubmit={submit} onClose={onClose}>
      <Field label={t('account.email_new')} name="email" type="email" autoComplete="email" required maxLength={254} error={rest} autoFocus />
      {has && <Field label={t('account.delete_password')} name="password" type="password" autoComplete="current-password" required error={wrongPassword(change.error)} />}
      <ProofInstead error={change.error} />
    </FormDialog>
  );
}

function PasswordDialog({ email, onClose, onDone }: { email: string; onClose: () => void; onDone: () => void }) {
  const change = useChangePassword();
  const has = useHasPassword();
  const weak = codeOf(change.error) === 'account.password_weak' ? t('sign_up.weak') : undefined;
  const rest = change.error && !weak && !wrongPassword(change.error) && !wantsProof(change.error) ? wayText(change.error) || failureText(change.error) : undefined;
  const submit = (data: FormData) => change.mutate({ ...(has ? { current: String(data.get('current')) } : {}), password: String(data.get('password')) }, { onSuccess: onDone });
  return (
    <FormDialog title={t('account.password_change')} detail={t('account.password_change_detail')} busy={change.isPending} save={t('reset.save')} onSubmit={submit} onClose={onClose}>
      <input type="hidden" name="username" autoComplete="username" value={email} />
      {has && <Field label={t('account.password_current')} name="current" type="password" autoComplete="current-password" required error={wrongPassword(change.error) ?? rest} autoFocus />}
      <Field label={t('reset.password')} name="password" type="password" autoComplete="new-password" required maxLength={1000} hint={t('sign_up.password_hint')} error={weak ?? (has ? undefined : rest)} />
      <ProofInstead error={change.error} />
    </FormDialog>
  );
}

export function Security({ session }: { session: Session }) {
  const send = useSendVerification();
  const [open, setOpen] = useState<'email' | 'password'>();
  const [said, setSaid] = useState('');
  const { email, email_verified } = session.account;
  return (
    <section>
      <h2>{t('account.security')}</h2>
      <div className={css.action}>
        <p>
          {email}
          <br />
          {email_verified ? t('account.email_verified') : t('account.email_unverified')}
        </p>
        <div className={css.choices}>
          {!email_verified && (
            <Button busy={send.isPending} onClick={() => send.mutate(undefined, { onSuccess: () => setSaid(t('account.letter_sent', { email })) })} data-testid="send-letter">
              {t('account.letter_again')}
            </Button>
          )}
          <Button onClick={() => setOpen('email')} data-testid="change-email">
            {t('account.email_change')}
          </Button>
        </div>
      </div>
      <div className={css.action}>
        <p>{t('account.password_detail')}</p>
        <Button onClick={() => setOpen('password')} data-testid="change-password">
          {t('account.password_change')}
        </Button>
      </div>
      <Factor />
      {said && <p role="status">{said}</p>}
      {send.isError && (
        <p role="alert" className={css.problem}>
          {codeOf(send.error) === 'account.too_many_letters' ? t('account.letter_many') : failureText(send.error)}
        </p>
      )}
      {open === 'email' && (
        <EmailDialog
          onClose={() => setOpen(undefined)}
          onSent={(to) => {
            setOpen(undefined);
            setSaid(t('account.letter_sent', { email: to }));
          }}
        />
      )}
      {open === 'password' && (
        <PasswordDialog
          email={email}
          onClose={() => setOpen(undefined)}
          onDone={() => {
            setOpen(undefined);
            setSaid(t('account.password_changed'));
          }}
        />
      )}
    </section>
  );
}

export function Places() {
  const list = useSessions();
  const end = useSignOutElsewhere();
  if (list.isError) {
    return (
      <section>
        <h2>{t('account.places')}</h2>
        <p role="alert" className={css.problem}>
          {failureText(list.error)}
        </p>
      </section>
    );
  }
  const when = new Intl.DateTimeFormat(localeNow(), { dateStyle: 'medium', timeStyle: 'short' });
  const sessions = list.data?.sessions ?? [];
  return (
    <section data-testid="places">
      <h2>{t('account.places')}</h2>
      {sessions.map((place) => (
        <div key={place.id} className={css.action}>
          <p>
            {place.device_name || t('account.place_unknown')} · {place.profile_name}
            <br />
            {place.current ? t('account.place_here') : t('account.place_seen', { time: when.format(new Date(place.last_seen_at)) })}
          </p>
          {!place.current && (
            <Button busy={end.isPending && end.variables === place.id} onClick={() => end.mutate(place.id)}>
              {t('action.sign_out')}
            </Button>
          )}
        </div>
      ))}
      {sessions.length > 1 && (
        <div className={css.action}>
          <p>{t('account.places_detail')}</p>
          <Button look="bad" busy={end.isPending && end.variables === undefined} onClick={() => end.mutate(undefined)} data-testid="sign-out-elsewhere">
            {t('account.places_end')}
          </Button>
        </div>
      )}
      {end.isError && (
        <p role="alert" className={css.problem}>
          {failureText(end.error)}
        </p>
      )}
    </section>
  );
}
