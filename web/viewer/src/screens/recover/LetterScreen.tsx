/* LetterScreen.tsx - where the button of a letter leads: an address confirmed, the account's first or its next. */
import { useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { ApiError } from '@shared/api/client';
import { useLetterCode } from '../../api/account';
import { t } from '../../messages';
import { ButtonLink } from '../../ui/Button';
import { AuthPage, failureText } from '../sign-in/AuthPage';
import css from '../sign-in/auth.module.css';
import { useCode } from './code';

function LetterScreen({ purpose }: { purpose: 'verify' | 'email' }) {
  const code = useCode();
  const answer = useLetterCode(purpose, code);
  const client = useQueryClient();
  useEffect(() => {
    if (answer.isSuccess) void client.invalidateQueries({ queryKey: ['session'] });
  }, [answer.isSuccess, client]);
  const reason = answer.error instanceof ApiError ? answer.error.code : '';
  let lead = t('state.loading');
  if (!code || reason === 'account.code_invalid') lead = t('letter.dead');
  else if (reason === 'account.email_taken') lead = t('letter.taken');
  else if (answer.isError) lead = failureText(answer.error);
  else if (answer.isSuccess) lead = purpose === 'verify' ? t('letter.verified') : t('letter.changed');
  return (
    <AuthPage title={t('letter.title')} lead={lead} stay>
      <div className={css.form} data-testid={answer.isSuccess ? 'confirmed' : undefined}>
        <ButtonLink look="accent" size="l" to="/" className={css.wide}>
          {t('letter.go_on', { app: t('app.name') })}
        </ButtonLink>
      </div>
    </AuthPage>
  );
}

export const VerifyScreen = () => <LetterScreen purpose="verify" />;
export const ConfirmEmailScreen = () => <LetterScreen purpose="email" />;
