/* OtherWays.tsx - buttons below a form: a passkey, and each service that the operator offers. */
import { KeyRound } from 'lucide-react';
import { useEffect } from 'react';
import { useSearchParams } from 'react-router';
import { useLeaveFor, usePasskeySignIn, useProviders } from '../../api/ways';
import { passkeysFill, passkeysWork } from '../../lib/passkey';
import { safePath } from '../../lib/redirect';
import { wayText } from '../../lib/wayText';
import { t } from '../../messages';
import { Button } from '../../ui/Button';
import { FormProblem, failureText } from './AuthPage';
import css from './auth.module.css';

export function Services() {
  const providers = useProviders();
  const leave = useLeaveFor();
  const [params] = useSearchParams();
  return (
    <>
      {leave.isError && <FormProblem>{wayText(leave.error) || failureText(leave.error)}</FormProblem>}
      {(providers.data?.providers ?? []).map(({ number, label }) => (
        <Button
          key={number}
          size="l"
          className={css.wide}
          busy={leave.isPending && leave.variables.provider === number}
          onClick={() => leave.mutate({ provider: number, to: safePath(params.get('to')) })}
          data-testid={`service-${number}`}
        >
          {t('ways.service', { label })}
        </Button>
      ))}
    </>
  );
}

export function Or() {
  return (
    <p className={css.or} aria-hidden>
      <span>{t('ways.or')}</span>
    </p>
  );
}

/** On the sign-in card: what the browser fills in offers passkeys too, until the button asks. */
export function OtherWays() {
  const signIn = usePasskeySignIn();
  const fill = usePasskeySignIn();
  const offer = fill.mutate;
  useEffect(() => {
    if (!signIn.isIdle) return; /* the browser asks one thing at a time: the button takes its place */
    const left = new AbortController();
    void passkeysFill().then((can) => can && !left.signal.aborted && offer(left.signal));
    return () => left.abort();
  }, [offer, signIn.isIdle]);
  const error = signIn.error ?? fill.error;
  return (
    <div className={css.ways}>
      <Or />
      {error && <FormProblem>{wayText(error) || failureText(error)}</FormProblem>}
      {passkeysWork() && (
        <Button size="l" icon={<KeyRound />} className={css.wide} busy={signIn.isPending} onClick={() => signIn.mutate(undefined)} data-testid="passkey">
          {t('ways.passkey')}
        </Button>
      )}
      <Services />
    </div>
  );
}
