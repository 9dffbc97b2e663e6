/* DeleteDialog.tsx - asks for the password before an account is gone for good. */
import { useEffect, useRef, type FormEvent } from 'react';
import { ApiError } from '@shared/api/client';
import { useDeleteAccount } from '../../api/queries';
import { useHasPassword } from '../../api/ways';
import { wayText } from '../../lib/wayText';
import { t } from '../../messages';
import { Button } from '../../ui/Button';
import { Field } from '../../ui/Field';
import { failureText } from '../sign-in/AuthPage';
import css from './account.module.css';

export function DeleteDialog({ email, onClose }: { email: string; onClose: () => void }) {
  const ref = useRef<HTMLDialogElement>(null);
  const remove = useDeleteAccount();
  const password = useHasPassword();
  useEffect(() => ref.current?.showModal(), []);
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    remove.mutate(password ? { password: String(new FormData(event.currentTarget).get('password')) } : {});
  };
  const refused = password && remove.error instanceof ApiError && (remove.error.status === 401 || remove.error.status === 403);
  const problem = remove.error ? (refused ? t('account.delete_wrong') : wayText(remove.error) || failureText(remove.error)) : undefined;
  return (
    <dialog ref={ref} className={css.dialog} onClose={onClose} aria-labelledby="delete-ask">
      <form onSubmit={submit}>
        <h2 id="delete-ask">{t('account.delete_ask')}</h2>
        <p>{t('account.delete_detail')}</p>
        <input type="hidden" name="username" autoComplete="username" value={email} />
        {password ? (
          <Field label={t('account.delete_password')} name="password" type="password" autoComplete="current-password" required error={problem} autoFocus />
        ) : (
          problem && (
            <p role="alert" className={css.problem}>
              {problem}
            </p>
          )
        )}
        <div className={css.choices}>
          <Button onClick={() => ref.current?.close()}>{t('action.cancel')}</Button>
          <Button type="submit" look="bad" busy={remove.isPending} data-testid="delete-confirm">
            {remove.isPending ? t('account.deleting') : t('account.delete_confirm')}
          </Button>
        </div>
      </form>
    </dialog>
  );
}
