import type { FormEvent } from 'react';
import { Link } from 'react-router';
import { ApiError } from '@shared/api/client';
import { useResetPassword } from '../../api/account';
import { t } from '../../messages';
import { Button, ButtonLink } from '../../ui/Button';
import { Field } from '../../ui/Field';
import { AuthPage, FormProblem, failureText } from '../sign-in/AuthPage';
import css from '../sign-in/auth.module.css';
import { useCode } from './code';

export function ResetScreen() {
  const code = useCode();
  const reset = useResetPassword();
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    reset.mutate({ code, password: String(new FormData(event.currentTarget).get('password')) });
  };
  const reason = reset.error instanceof ApiError ? reset.error.code : '';
  const dead = !code || reason === 'account.code_invalid';
  if (reset.isSuccess) {
    return (
      <AuthPage title={t('reset.done')} lead={t('reset.done_detail')} stay>
        <div className={css.form}>
          <ButtonLink look="accent" size="l" to="/sign-in" className={css.wide}>
            {t('action.sign_in')}
          </ButtonLink>
        </div>
      </AuthPage>
    );
  }
  return (
    <AuthPage title={t('reset.title')} lead={dead ? t('letter.dead') : t('reset.lead')} stay>
      {!dead && (
        <form className={css.form} onSubmit={submit}>
          {reset.isError && reason !== 'account.password_weak' && <FormProblem>{failureText(reset.error)}</FormProblem>}
          <Field
            label={t('reset.password')}
            name="password"
            type="password"
            autoComplete="new-password"
            required
            maxLength={1000}
            hint={t('sign_up.password_hint')}
            error={reason === 'account.password_weak' ? t('sign_up.weak') : undefined}
            autoFocus
          />
          <Button type="submit" look="accent" size="l" busy={reset.isPending} className={css.wide} data-testid="submit">
            {t('reset.save')}
          </Button>
        </form>
      )}
      {dead && (
        <p className={css.other}>
          <Link to="/forgot-password">{t('reset.again')}</Link>
        </p>
      )}
    </AuthPage>
  );
}
