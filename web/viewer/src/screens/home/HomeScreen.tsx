import { useEffect } from 'react';
import { useHome } from '../../api/queries';
import { usePageTitle } from '../../lib/hooks';
import { t } from '../../messages';
import { playerPrefetch } from '../../player/prefetch';
import { Loading, Skeleton } from '../../ui/Skeleton';
import { FailedState, StateScreen } from '../../ui/StateScreen';
import { Heroes } from './Heroes';
import { Row } from './Row';
import css from './home.module.css';

function HomeSkeleton() {
  return (
    <>
      <Loading label={t('home.loading')} />
      <div className={css.heroBones} aria-hidden>
        <Skeleton width="min(28rem, 70%)" height="4rem" />
        <Skeleton width="min(16rem, 50%)" height="1.25rem" />
        <Skeleton width="min(32rem, 90%)" height="3rem" />
        <Skeleton width="18rem" height="3.25rem" />
      </div>
      {[0, 1].map((row) => (
        <div key={row} className={css.rowBones} aria-hidden>
          <Skeleton width="9rem" height="1.25rem" />
          <div>
            {Array.from({ length: 9 }, (_, i) => (
              <Skeleton key={i} className={css.poster} />
            ))}
          </div>
        </div>
      ))}
    </>
  );
}

export function HomeScreen() {
  usePageTitle(undefined);
  const home = useHome();
  const plays = Boolean(home.data?.hero);
  useEffect(() => (plays ? playerPrefetch(2000) : undefined), [plays]);
  if (home.isPending) return <HomeSkeleton />;
  if (!home.data) return <FailedState error={home.error} retry={() => void home.refetch()} />;
  const { hero, heroes, rows } = home.data;
  const shown = rows.filter((row) => row.items.length);
  if (!hero && !shown.length) return <StateScreen title={t('home.empty')} detail={t('home.empty_detail')} />;
  return (
    <div className={css.home} data-hero={hero ? true : undefined} data-testid="home">
      {hero ? <Heroes heroes={heroes.length ? heroes : [hero]} /> : <h1 className="hidden-text">{t('home.title')}</h1>}
      <div className={css.rows}>
        {shown.map((row, index) => (
          <Row key={row.id} row={row} index={index} first={!hero && index === 0} />
        ))}
      </div>
    </div>
  );
}
