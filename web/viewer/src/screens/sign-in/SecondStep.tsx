/* SecondStep.tsx - the code of an authenticator app, after the password was right. */
import type { FormEvent } from 'react';
import { ApiError } from '@shared/api/client';
import { useSecondStep } from '../../api/factor';
import { t } from '../../messages';
import { Button } from '../../ui/Button';
import { Field } from '../../ui/Field';
import { FormProblem, failureText } from './AuthPage';
import css from './auth.module.css';

export function SecondStep({ onAgain }: { onAgain: () => void }) {
  const step = useSecondStep();
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    step.mutate(String(new FormData(form).get('code')).trim(), { onError: () => form.querySelector<HTMLInputElement>('[name=code]')?.select() });
  };
  const code = step.error instanceof ApiError ? step.error.code : '';
  const wrong = code === 'factor.wrong_code' || code === 'invalid';
  return (
    <>
      <p className={css.lead}>{t('factor.step_lead')}</p>
      <form className={css.form} onSubmit={submit}>
        {step.isError && <FormProblem>{wrong ? t('factor.wrong') : code === 'session.begin_again' ? t('factor.late') : failureText(step.error)}</FormProblem>}
        <Field label={t('factor.code')} name="code" autoComplete="one-time-code" required maxLength={40} hint={t('factor.code_hint')} autoFocus />
        <Button type="submit" look="accent" size="l" busy={step.isPending} className={css.wide} data-testid="submit">
          {t('action.sign_in')}
        </Button>
      </form>
      <p className={css.other}>
        <Button onClick={onAgain}>{t('action.cancel')}</Button>
      </p>
    </>
  );
}
