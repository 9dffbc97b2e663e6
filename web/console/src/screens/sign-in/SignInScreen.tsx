/* SignInScreen.tsx - staff comes in: address and password, then a code where the account has a second factor. */
import { Button, PasswordInput, TextInput } from '@mantine/core';
import type { FormEvent } from 'react';
import { ApiError } from '@shared/api/client';
import { useSecondStep, useSignIn } from '../../api/queries';
import { t } from '../../messages';
import { failureText } from '../../ui/States';
import { Gate, Problem } from './Gate';
import css from './sign-in.module.css';

function SecondStep({ onAgain }: { onAgain: () => void }) {
  const step = useSecondStep();
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    step.mutate(String(new FormData(form).get('code')).trim(), { onError: () => form.querySelector<HTMLInputElement>('[name=code]')?.select() });
  };
  const code = step.error instanceof ApiError ? step.error.code : '';
  return (
    <Gate title={t('factor.title')} lead={t('factor.lead')}>
      <form className={css.form} onSubmit={submit}>
        {step.isError && <Problem>{code === 'factor.wrong_code' ? t('factor.wrong') : failureText(step.error)}</Problem>}
        <TextInput size="md" label={t('factor.code')} description={t('factor.hint')} name="code" autoComplete="one-time-code" required maxLength={40} autoFocus />
        <Button size="md" type="submit" variant="filled" loading={step.isPending} data-testid="submit">{t('action.sign_in')}</Button>
        <Button size="md" onClick={onAgain}>{t('action.cancel')}</Button>
      </form>
    </Gate>
  );
}

export function SignInScreen() {
  const signIn = useSignIn();
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    const data = new FormData(form);
    signIn.mutate({ email: String(data.get('email')).trim(), password: String(data.get('password')) }, { onError: () => form.querySelector<HTMLInputElement>('[name=password]')?.select() });
  };
  if (signIn.error instanceof ApiError && signIn.error.code === 'session.second_factor_wanted') return <SecondStep onAgain={signIn.reset} />;
  const wrong = signIn.error instanceof ApiError && signIn.error.status === 401;
  return (
    <Gate title={t('sign_in.title')} lead={t('sign_in.lead')}>
      <form className={css.form} onSubmit={submit}>
        {signIn.isError && <Problem>{wrong ? t('sign_in.wrong') : failureText(signIn.error)}</Problem>}
        <TextInput size="md" label={t('sign_in.email')} name="email" type="email" autoComplete="username" required maxLength={254} autoFocus />
        <PasswordInput size="md" label={t('sign_in.password')} name="password" autoComplete="current-password" required maxLength={1000} visibilityToggleButtonProps={{ 'aria-label': t('sign_in.show') }} />
        <Button size="md" type="submit" variant="filled" loading={signIn.isPending} data-testid="submit">{t('action.sign_in')}</Button>
        <a className={css.link} href="/forgot-password">{t('sign_in.forgot')}</a>
      </form>
    </Gate>
  );
}
