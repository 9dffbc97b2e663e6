/* DeleteDialog.tsx - asks for the password before an account is gone for good. */
import { useEffect, useRef, type FormEvent } from 'react';
import { ApiError } from '@shared/api/client';
import { useDeleteAccount } from '../../api/queries';
import { useHasPassword } from '../../api/ways';
import { isUsable } from '../../lib/owned';
import { useBilling, usePurchases, useSelling } from '../../api/shop';
import { dayText, moneyText } from '../../lib/money';
import { wayText } from '../../lib/wayText';
import { t } from '../../messages';
import { Button } from '../../ui/Button';
import { Field } from '../../ui/Field';
import { failureText } from '../sign-in/AuthPage';
import { ProofInstead, wantsProof } from './ProofInstead';
import css from './account.module.css';

/** What of money ends with the account, and what the law has us keep. Nothing where nothing was ever bought. */
function WhatEnds() {
  const selling = useSelling() === true;
  const billing = useBilling(selling).data;
  const owned = usePurchases(selling).data?.items ?? [];
  const sub = billing?.subscription;
  const runs = sub && sub.state !== 'ended' && sub.state !== 'pending';
  const lines = [
    runs && sub.owner === 'store' && t('account.delete_store', { name: sub.current?.name ?? '' }),
    runs && sub.owner !== 'store' && t('account.delete_plan', { name: sub.current?.name ?? '', day: sub.period_end_at ? dayText(sub.period_end_at) : '' }),
    owned.some(isUsable) && t('account.delete_owned'),
    ...(billing?.credits ?? []).map((credit) => t('account.delete_credit', { amount: moneyText(credit) })),
    (sub || owned.length > 0) && t('account.delete_kept'),
  ].filter((line): line is string => typeof line === 'string');
  if (lines.length === 0) return null;
  return (
    <ul className={css.ends} data-testid="what-ends">
      {lines.map((line) => (
        <li key={line}>{line}</li>
      ))}
    </ul>
  );
}

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
        <WhatEnds />
        <input type="hidden" name="username" autoComplete="username" value={email} />
        {password ? (
          <Field label={t('account.delete_password')} name="password" type="password" autoComplete="current-password" required error={problem} autoFocus />
        ) : (
          problem &&
          !wantsProof(remove.error) && (
            <p role="alert" className={css.problem}>
              {problem}
            </p>
          )
        )}
        <ProofInstead error={remove.error} />
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
