/* OidcReturnScreen.tsx - where a service sends the browser back to. What it says is posted once and leaves the address bar; an address that
 * is an account's already is connected once its owner has signed in right here. */
import { useEffect, useRef, useState } from 'react';
import { Navigate, useNavigate, useParams } from 'react-router';
import { errandTake, useLinkPending, useReturn } from '../../api/ways';
import { useSession } from '../../api/queries';
import { safePath } from '../../lib/redirect';
import { codeOf, wayText } from '../../lib/wayText';
import { languageNow, t } from '../../messages';
import { ButtonLink } from '../../ui/Button';
import { AuthPage, FormProblem, failureText } from './AuthPage';
import { SecondStep } from './SecondStep';
import { SignInForm } from './SignInScreen';
import css from './auth.module.css';

function Owner({ to }: { to: string }) {
  const session = useSession();
  const connect = useLinkPending();
  const go = useNavigate();
  const { mutate } = connect;
  const who = session.data?.account.id;
  useEffect(() => {
    if (who) mutate(undefined, { onSuccess: () => go(to, { replace: true }) });
  }, [who, mutate, go, to]);
  if (who)
    return connect.isError ? (
      <div className={css.form}>
        <FormProblem>{t('ways.other_account')}</FormProblem>
        <ButtonLink look="accent" size="l" to={to} className={css.wide}>
          {t('letter.go_on', { app: t('app.name') })}
        </ButtonLink>
      </div>
    ) : null;
  return <SignInForm />;
}

/** The service was believed; the account wants its second factor, too. */
function Second({ to }: { to: string }) {
  const session = useSession();
  const go = useNavigate();
  if (session.data) return <Navigate to={to} replace />;
  return <SecondStep onAgain={() => go('/sign-in', { replace: true })} />;
}

export function OidcReturnScreen() {
  const { provider } = useParams();
  const finish = useReturn();
  const go = useNavigate();
  const [{ to, link }] = useState(() => errandTake());
  const home = link ? '/account' : safePath(to ?? null);
  const begun = useRef(false);
  const { mutate } = finish;
  useEffect(() => {
    if (begun.current) return;
    begun.current = true;
    const said = new URLSearchParams(location.search);
    history.replaceState(history.state, '', location.pathname); /* a code is for nobody to read over a shoulder, or to send twice */
    const of = (name: string) => said.get(name) ?? undefined;
    const answer = { state: of('state') ?? '-', code: of('code'), iss: of('iss'), error: of('error'), lang: languageNow() };
    mutate({ provider: Number(provider), link: link === true, answer }, { onSuccess: () => go(home, { replace: true }) });
  }, [mutate, provider, link, go, home]);
  const owner = codeOf(finish.error) === 'oidc.sign_in_to_link';
  const second = codeOf(finish.error) === 'session.second_factor_wanted';
  const lead = second ? '' : owner ? t('ways.owner_lead') : finish.isError ? t('ways.failed_lead') : t('state.loading');
  return (
    <AuthPage title={owner ? t('ways.owner') : t('sign_in.title')} lead={lead} stay>
      {owner && <Owner to={home} />}
      {second && <Second to={home} />}
      {finish.isError && !owner && !second && (
        <div className={css.form}>
          <FormProblem>{wayText(finish.error) || failureText(finish.error)}</FormProblem>
          <ButtonLink look="accent" size="l" to={link ? '/account' : '/sign-in'} className={css.wide} data-testid="back">
            {t('ways.back')}
          </ButtonLink>
        </div>
      )}
    </AuthPage>
  );
}
