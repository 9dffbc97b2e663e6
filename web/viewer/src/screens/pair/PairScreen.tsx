/* PairScreen.tsx - a television asks to be signed in: a code, a square for the camera, and patience. */
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { Navigate, useLocation, useSearchParams } from 'react-router';
import { useDeviceCode, useDeviceToken } from '../../api/pairing';
import { sessionReplace, useSession } from '../../api/queries';
import { usePageTitle } from '../../lib/hooks';
import { addressWords } from '../../lib/pairing';
import { safePath } from '../../lib/redirect';
import { t } from '../../messages';
import { Brand } from '../../ui/Brand';
import { Button, ButtonLink } from '../../ui/Button';
import { LanguageChoice } from '../../ui/LanguageChoice';
import { Loading } from '../../ui/Skeleton';
import { FailedState, StateScreen } from '../../ui/StateScreen';
import { Qr } from './Qr';
import css from './pair.module.css';

/* A television that is left on asks for a new code by itself, for an hour. */
const ROUNDS = 6;

export function PairScreen() {
  usePageTitle(t('pair.title'));
  const session = useSession();
  const client = useQueryClient();
  const { search } = useLocation();
  const to = safePath(useSearchParams()[0].get('to'));
  const [round, setRound] = useState(1);
  const [paired, setPaired] = useState(false);
  const [last, setLast] = useState(ROUNDS);
  const code = useDeviceCode(round);
  const poll = useDeviceToken(code.data).data;
  const onwards = to === '/' ? '/profiles' : `/profiles?to=${encodeURIComponent(to)}`;
  useEffect(() => {
    if (poll?.state === 'approved' && poll.session) {
      setPaired(true);
      sessionReplace(client, poll.session);
    }
    if (poll?.state === 'expired' && round < last) setRound(round + 1);
  }, [poll, client, round, last]);

  if (session.data) return <Navigate to={paired ? onwards : to} replace />;
  if (code.isError) return <main id="content"><FailedState error={code.error} retry={() => void code.refetch()} /></main>;
  if (code.isPending || !poll || poll.state === 'approved') return <Loading label={t('state.loading')} />;
  if (poll.state !== 'pending') {
    const kind = poll.state === 'denied' ? 'denied' : 'expired';
    const again = () => {
      setLast(round + ROUNDS);
      setRound(round + 1);
    };
    return (
      <main id="content">
        <StateScreen title={t(kind === 'denied' ? 'pair.denied' : 'pair.expired')} detail={t(kind === 'denied' ? 'pair.denied_detail' : 'pair.expired_detail')}>
          <Button look="accent" size="l" autoFocus onClick={again}>
            {t('pair.again')}
          </Button>
        </StateScreen>
      </main>
    );
  }
  const address = addressWords(code.data.verification_uri);
  const [left, right] = code.data.user_code.split('-');
  return (
    <main className={css.page} id="content" data-testid="pair">
      <header className={css.top}>
        <Brand />
        <LanguageChoice quiet />
      </header>
      <div className={css.columns}>
        <section>
          <h1>{t('pair.title')}</h1>
          <p className={css.lead}>{t('pair.lead')}</p>
          <ol className={css.steps}>
            <li>
              {t('pair.scan')}
              <br />
              <span>{t('pair.or_open', { address: '' })}</span>
              <strong className={css.address}>{address}</strong>
            </li>
            <li>{t('pair.compare')}</li>
          </ol>
          <p className={css.code} data-testid="user-code" aria-label={t('pair.code', { code: [...code.data.user_code].join(' ') })}>
            <span>{left}</span>
            <span aria-hidden>-</span>
            <span>{right}</span>
          </p>
        </section>
        <Qr text={code.data.verification_uri_complete} label={t('pair.qr', { address })} className={css.qr} />
      </div>
      <footer className={css.foot}>
        <p role="status">{t('pair.waiting')}</p>
        <ButtonLink to={`/sign-in${search ? `${search}&` : '?'}password=1`} data-first>
          {t('pair.password')}
        </ButtonLink>
      </footer>
    </main>
  );
}
