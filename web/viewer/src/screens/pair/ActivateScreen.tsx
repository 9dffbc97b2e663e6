/*
 * ActivateScreen.tsx - the other end: on a phone or computer that is signed in, a television's code is looked up, shown with
 * what asks, and approved by a press of its own. A link with the code in it looks up and no more.
 */
import { useEffect, useRef, useState, type FormEvent } from 'react';
import { useSearchParams } from 'react-router';
import { ApiError, type Pairing } from '@shared/api/client';
import { usePairingDecision, usePairingLookup } from '../../api/pairing';
import { useSession } from '../../api/queries';
import { codeShaped } from '../../lib/pairing';
import { localeNow, t, type PlainKey } from '../../messages';
import { kinds } from '../../player/Watching';
import { Button, ButtonLink } from '../../ui/Button';
import { Field } from '../../ui/Field';
import { AuthPage, FormProblem, failureText } from '../sign-in/AuthPage';
import auth from '../sign-in/auth.module.css';
import css from './pair.module.css';

const SHAPE = 'XXXX-XXXX';
const reasons: Record<string, PlainKey> = {
  'pairing.code_wrong': 'activate.wrong',
  'pairing.code_expired': 'activate.expired',
  'pairing.code_used': 'activate.used',
  'pairing.too_many_codes': 'activate.too_many',
  'pairing.not_here': 'activate.not_here',
  'profile.kids': 'activate.kids',
};
function problemText(error: unknown): string {
  const key = error instanceof ApiError ? reasons[error.code] : undefined;
  return key ? t(key) : failureText(error);
}

function Confirm({ pairing, onAnswer }: { pairing: Pairing; onAnswer: (approved: boolean) => void }) {
  const email = useSession().data?.account.email ?? '';
  const decide = usePairingDecision();
  const answer = (approve: boolean, name?: string) =>
    decide.mutate({ user_code: pairing.user_code, approve, ...(name ? { name } : {}) }, { onSuccess: () => onAnswer(approve) });
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    answer(true, String(new FormData(event.currentTarget).get('name')).trim());
  };
  const time = new Intl.DateTimeFormat(localeNow(), { timeStyle: 'short' }).format(new Date(pairing.created_at));
  return (
    <AuthPage title={t('activate.confirm')} lead={t('activate.confirm_lead', { email })} stay>
      <form className={auth.form} onSubmit={submit} data-testid="confirm-pairing">
        <div className={css.asks}>
          <p>{t('activate.shows')}</p>
          <strong>{pairing.user_code}</strong>
          <p>
            {t(kinds[pairing.kind])}
            {pairing.name && ` · ${pairing.name}`}
          </p>
          <p>{t('activate.asked', { time })}</p>
          <p className={pairing.same_network ? undefined : css.warn}>{t(pairing.same_network ? 'activate.same_network' : 'activate.other_network')}</p>
        </div>
        {decide.isError && <FormProblem>{problemText(decide.error)}</FormProblem>}
        <Field label={t('activate.name')} note={t('sign_up.name_optional')} name="name" placeholder={t('activate.name_example')} maxLength={60} autoComplete="off" />
        <div className={css.answers}>
          <Button type="submit" look="accent" size="l" busy={decide.isPending && decide.variables.approve} disabled={decide.isPending} data-testid="approve">
            {t('activate.approve')}
          </Button>
          <Button size="l" busy={decide.isPending && !decide.variables.approve} disabled={decide.isPending} onClick={() => answer(false)} data-testid="deny">
            {t('activate.deny')}
          </Button>
        </div>
      </form>
    </AuthPage>
  );
}

export function ActivateScreen() {
  const given = useSearchParams()[0].get('code') ?? '';
  const kids = useSession().data?.profile.kids ?? false;
  const look = usePairingLookup();
  const [typed, setTyped] = useState(codeShaped(given));
  const [answer, setAnswer] = useState<'approved' | 'denied'>();
  const asked = useRef(false);
  useEffect(() => {
    if (given && !kids && !asked.current) look.mutate(given);
    asked.current = true; /* a link is looked up once, however often the page is drawn */
  }, [given, kids, look]);
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    look.mutate(typed);
  };
  if (kids) {
    return (
      <AuthPage title={t('shop.kids_title')} lead={t('shop.kids_detail')} stay>
        <div className={css.answers}>
          <ButtonLink look="accent" size="l" to="/">
            {t('action.home')}
          </ButtonLink>
          <ButtonLink size="l" to="/profiles">
            {t('account.switch')}
          </ButtonLink>
        </div>
      </AuthPage>
    );
  }
  if (answer) {
    const again = () => {
      setAnswer(undefined);
      setTyped('');
      look.reset();
    };
    return (
      <AuthPage title={t(answer === 'approved' ? 'activate.done' : 'activate.denied')} lead={t(answer === 'approved' ? 'activate.done_detail' : 'activate.denied_detail')} stay>
        <div className={css.answers} data-testid={answer}>
          <ButtonLink look="accent" size="l" to="/">
            {t('action.home')}
          </ButtonLink>
          <Button size="l" onClick={again}>
            {t('activate.another')}
          </Button>
        </div>
      </AuthPage>
    );
  }
  if (look.isSuccess) return <Confirm pairing={look.data} onAnswer={(approved) => setAnswer(approved ? 'approved' : 'denied')} />;
  return (
    <AuthPage title={t('activate.title')} lead={t('activate.lead')} stay>
      <form className={`${auth.form} ${css.type}`} onSubmit={submit}>
        {look.isError && <FormProblem>{problemText(look.error)}</FormProblem>}
        <Field
          label={t('activate.code')}
          name="code"
          value={typed}
          onChange={(event) => setTyped(codeShaped(event.target.value))}
          placeholder={SHAPE}
          autoComplete="one-time-code"
          autoCapitalize="characters"
          spellCheck={false}
          required
          maxLength={20}
          autoFocus
        />
        <Button type="submit" look="accent" size="l" busy={look.isPending} disabled={typed.length < 9} className={auth.wide} data-testid="submit">
          {t('activate.next')}
        </Button>
      </form>
    </AuthPage>
  );
}
