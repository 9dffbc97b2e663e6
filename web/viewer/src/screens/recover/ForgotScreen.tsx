import type { FormEvent } from 'react';
import { Link } from 'react-router';
import { useForgotPassword } from '../../api/account';
import { languageNow, t } from '../../messages';
import { Button } from '../../ui/Button';
import { Field } from '../../ui/Field';
import { AuthPage, FormProblem, failureText } from '../sign-in/AuthPage';
import css from '../sign-in/auth.module.css';

export function ForgotScreen() {
  const forgot = useForgotPassword();
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    forgot.mutate({ email: String(new FormData(event.currentTarget).get('email')).trim(), lang: languageNow() });
  };
  return (
    <AuthPage title={t('forgot.title')} lead={forgot.isSuccess ? t('forgot.sent') : t('forgot.lead')} stay>
      {!forgot.isSuccess && (
        <form className={css.form} onSubmit={submit}>
          {forgot.isError && <FormProblem>{failureText(forgot.error)}</FormProblem>}
          <Field label={t('sign_in.email')} name="email" type="email" autoComplete="username" inputMode="email" required maxLength={254} autoFocus />
          <Button type="submit" look="accent" size="l" busy={forgot.isPending} className={css.wide} data-testid="submit">
            {t('forgot.send')}
          </Button>
        </form>
      )}
      <p className={css.other}>
        <Link to="/sign-in">{t('forgot.back')}</Link>
      </p>
    </AuthPage>
  );
}
