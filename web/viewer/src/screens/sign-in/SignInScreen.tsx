import type { FormEvent } from 'react';
import { useRef } from 'react';
import { Link, Navigate, useLocation } from 'react-router';
import { ApiError } from '@shared/api/client';
import { useSignIn } from '../../api/queries';
import { isTv } from '../../lib/tv';
import { t } from '../../messages';
import { Button } from '../../ui/Button';
import { Field } from '../../ui/Field';
import { AuthPage, FormProblem, failureText } from './AuthPage';
import { OtherWays } from './OtherWays';
import { SecondStep } from './SecondStep';
import css from './auth.module.css';

/** The form itself, with what else signs in; it draws its own refusals. */
export function SignInForm() {
  const signIn = useSignIn();
  const form = useRef<HTMLFormElement>(null);
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const data = new FormData(event.currentTarget);
    signIn.mutate(
      { email: String(data.get('email')).trim(), password: String(data.get('password')) },
      { onError: () => form.current?.querySelector<HTMLInputElement>('[name=password]')?.select() },
    );
  };
  if (signIn.error instanceof ApiError && signIn.error.code === 'session.second_factor_wanted') return <SecondStep onAgain={signIn.reset} />;
  const wrong = signIn.error instanceof ApiError && signIn.error.status === 401;
  return (
    <>
      <form ref={form} className={css.form} onSubmit={submit}>
        {signIn.isError && <FormProblem>{wrong ? t('sign_in.wrong') : failureText(signIn.error)}</FormProblem>}
          <Field label={t('sign_in.email')} name="email" type="email" autoComplete="username webauthn" inputMode="email" required maxLength={254} autoFocus />
          <Field label={t('sign_in.password')} name="password" type="password" autoComplete="current-password" required maxLength={1000} />
          <Button type="submit" look="accent" size="l" busy={signIn.isPending} className={css.wide} data-testid="submit">
            {signIn.isPending ? t('sign_in.busy') : t('action.sign_in')}
          </Button>
      </form>
      <OtherWays />
    </>
  );
}

export function SignInScreen() {
  const { search } = useLocation();
  /* Nobody types a password with a remote who need not. */
  if (isTv() && !new URLSearchParams(search).has('password')) return <Navigate to={`/pair${search}`} replace />;
  return (
    <AuthPage title={t('sign_in.title')} lead={t('sign_in.lead')}>
      <SignInForm />
      <p className={css.other}>
        <Link to="/forgot-password">{t('sign_in.forgot')}</Link>
      </p>
      <p className={css.other}>
        {t('sign_in.new_here')} <Link to={`/sign-up${search}`}>{t('action.sign_up')}</Link>
      </p>
    </AuthPage>
  );
}
