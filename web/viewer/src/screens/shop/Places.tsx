/* Places.tsx - who may be on a page of the shop: nobody where nothing is sold, no child; on a television the address to open elsewhere. */
import { Baby, Smartphone, Store } from 'lucide-react';
import type { ReactNode } from 'react';
import { Navigate, useLocation } from 'react-router';
import { useGateway } from '../../api/shop';
import { useSession } from '../../api/queries';
import { safePath } from '../../lib/redirect';
import { isTv } from '../../lib/tv';
import { t } from '../../messages';
import { ButtonLink } from '../../ui/Button';
import { Loading } from '../../ui/Skeleton';
import { FailedState, StateScreen } from '../../ui/StateScreen';
import { Qr } from '../pair/Qr';
import css from './shop.module.css';

const home = (
  <ButtonLink look="accent" to="/" data-first>
    {t('action.home')}
  </ButtonLink>
);

const grownUps = (
  <>
    {home}
    <ButtonLink to="/profiles">{t('account.switch')}</ButtonLink>
  </>
);

/** A card's number is not typed with a remote: the page is opened on a phone or a computer. */
function OnTv({ path }: { path: string }) {
  return (
    <StateScreen icon={Smartphone} title={t('shop.tv_title')} detail={t('shop.tv_detail')}>
      <div className={css.elsewhere}>
        <Qr text={location.origin + path} label={t('shop.tv_qr')} className={css.qr} />
        <p className={css.address} data-testid="tv-address">
          {location.host + path}
        </p>
        {home}
      </div>
    </StateScreen>
  );
}

type Props = { children: ReactNode; typing?: boolean };

export function ShopPlace({ children, typing }: Props) {
  const session = useSession().data;
  const gateway = useGateway(!session?.profile.kids);
  const { pathname, search } = useLocation();
  const params = new URLSearchParams(search);
  if (session?.profile.kids) return <StateScreen icon={Baby} title={t('shop.kids_title')} detail={t('shop.kids_detail')} children={grownUps} />;
  if (gateway.isPending) return <Loading label={t('state.loading')} />;
  if (gateway.isError) return <FailedState error={gateway.error} retry={() => void gateway.refetch()} />;
  /* Whoever has just signed up asked for no shop. */
  if (gateway.data.kind === 'none' && params.get('new')) return <Navigate to={safePath(params.get('to'))} replace />;
  if (gateway.data.kind === 'none') return <StateScreen icon={Store} title={t('shop.nothing_title')} detail={t('shop.nothing_detail')} children={home} />;
  if (typing && isTv()) return <OnTv path={pathname + search} />;
  return children;
}
