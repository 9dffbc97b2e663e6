/* ReturnScreen.tsx - back from a bank's or a gateway's page: what came of the payment (?payment=) or of the method (?setup=). */
import { CircleCheck, CircleX, Hourglass } from 'lucide-react';
import { useEffect } from 'react';
import { useQueryClient } from '@tanstack/react-query';
import { Navigate, useNavigate, useSearchParams } from 'react-router';
import { boughtSomething, usePayment, useSetup } from '../../api/shop';
import { usePageTitle } from '../../lib/hooks';
import { safePath } from '../../lib/redirect';
import { t } from '../../messages';
import { ButtonLink } from '../../ui/Button';
import { Loading } from '../../ui/Skeleton';
import { FailedState, StateScreen } from '../../ui/StateScreen';
import { checkoutOf } from './journey';
import { declineText } from './words';

function PaymentBack({ id }: { id: string }) {
  const payment = usePayment(id);
  const client = useQueryClient();
  const navigate = useNavigate();
  const { to, back } = checkoutOf(id);
  const status = payment.data?.status;
  useEffect(() => {
    if (status === 'succeeded' || status === 'declined') boughtSomething(client);
    if (status === 'succeeded' && to !== '/') void navigate(to, { replace: true });
  }, [status, client, navigate, to]);
  if (payment.isError) return <FailedState error={payment.error} retry={() => void payment.refetch()} />;
  if (!payment.data) return <Loading label={t('shop.asking_bank')} />;
  if (status === 'succeeded') {
    return (
      <StateScreen icon={CircleCheck} title={t('shop.done')} detail={t('shop.done_detail')}>
        <ButtonLink look="accent" to="/" data-testid="done" data-first>
          {t('shop.start_watching')}
        </ButtonLink>
        <ButtonLink to="/account/membership">{t('shop.membership')}</ButtonLink>
      </StateScreen>
    );
  }
  if (status === 'declined') {
    return (
      <StateScreen icon={CircleX} title={t('shop.declined')} detail={`${declineText(payment.data.decline_code)} ${t('shop.declined_again')}`}>
        <ButtonLink look="accent" to={back} data-testid="pay-again" data-first>
          {t('shop.try_again')}
        </ButtonLink>
      </StateScreen>
    );
  }
  const url = payment.data.action_url;
  return (
    <StateScreen icon={Hourglass} title={url ? t('shop.bank_waits') : t('shop.processing')} detail={url ? t('shop.bank_waits_detail') : t('shop.processing_detail')}>
      {url && (
        <ButtonLink look="accent" to={url} reloadDocument data-testid="to-bank" data-first>
          {t('shop.bank_go')}
        </ButtonLink>
      )}
      <ButtonLink to={back}>{t('shop.try_again')}</ButtonLink>
    </StateScreen>
  );
}

function SetupBack({ id }: { id: string }) {
  const setup = useSetup(id);
  const client = useQueryClient();
  const done = setup.data?.status === 'succeeded';
  useEffect(() => {
    if (done) void client.invalidateQueries({ queryKey: ['billing'] });
  }, [done, client]);
  if (setup.isError) return <FailedState error={setup.error} retry={() => void setup.refetch()} />;
  if (!setup.data) return <Loading label={t('shop.asking_bank')} />;
  const next = safePath(setup.data.next ?? '/account/membership');
  if (done) return <Navigate to={next} replace />;
  return (
    <StateScreen icon={CircleX} title={t('shop.method_failed')} detail={setup.data.status === 'open' ? t('shop.method_open') : t('shop.declined_detail')}>
      <ButtonLink look="accent" to={next} data-first>
        {t('shop.try_again')}
      </ButtonLink>
    </StateScreen>
  );
}

export function ReturnScreen() {
  const [params] = useSearchParams();
  const payment = params.get('payment');
  const setup = params.get('setup');
  usePageTitle(t('shop.checkout'));
  if (payment) return <PaymentBack key={payment} id={payment} />;
  if (setup) return <SetupBack key={setup} id={setup} />;
  return <Navigate to="/account/membership" replace />;
}
