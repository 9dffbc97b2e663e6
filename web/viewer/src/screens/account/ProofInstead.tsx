/* ProofInstead.tsx - what stands in the place of the password where the account has none: one of its passkeys, once the server has asked for a
 * proof. Inside a form, which is sent again when it was given. */
import { useRef } from 'react';
import { useHasPassword, usePasskeys, useProve } from '../../api/ways';
import { passkeysWork } from '../../lib/passkey';
import { codeOf, wayText } from '../../lib/wayText';
import { t } from '../../messages';
import { Button } from '../../ui/Button';
import { failureText } from '../sign-in/AuthPage';
import css from './account.module.css';

export const wantsProof = (error: unknown): boolean => codeOf(error) === 'session.not_fresh';

export function ProofInstead({ error }: { error: unknown }) {
  const has = useHasPassword();
  const passkeys = usePasskeys().data?.passkeys ?? [];
  const prove = useProve();
  const here = useRef<HTMLDivElement>(null);
  if (has || !wantsProof(error)) return null;
  const can = passkeysWork() && passkeys.some((one) => !one.suspect);
  const again = (proved: boolean) => proved && here.current?.closest('form')?.requestSubmit();
  return (
    <div ref={here} role="alert" className={css.proof}>
      <p>{can ? t('ways.prove_detail') : t('ways.prove_none')}</p>
      {can && (
        <Button busy={prove.isPending} onClick={() => prove.mutate(undefined, { onSuccess: again })} data-testid="prove">
          {t('ways.passkey')}
        </Button>
      )}
      {prove.isError && <p className={css.problem}>{wayText(prove.error) || failureText(prove.error)}</p>}
    </div>
  );
}
